"""The reference server, spoken to over bare gRPC: one session, SQL in, schema and rows or an error out.

Does not know fixture files. PySpark is used for its generated messages only.
"""

import json
import uuid

import grpc
import pyarrow as pa
from google.rpc import error_details_pb2, status_pb2
from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc
from render import row_lines, schema_lines

# One partition, so that what depends on the order of rows inside the engine is one answer.
BASELINE = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.shuffle.partitions": "1",
}
_CHANNEL = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Result:
    """What an execution answered: schema and rows, nothing (`ok`), or an error."""

    def __init__(self, schema=None, rows=None, error=None, relation=None, observed=None):
        self.schema, self.rows, self.error = schema, rows, error
        self.relation = relation
        self.observed = observed or {}

    @property
    def is_ok(self):
        return self.error is None and not self.schema and not self.rows


def result_of(responses):
    """Reads a stream of ExecutePlanResponse messages."""
    schema, batches, relation, observed = None, [], None, {}
    for response in responses:
        if response.HasField("schema"):
            schema = response.schema
        if response.HasField("arrow_batch"):
            with pa.ipc.open_stream(response.arrow_batch.data) as reader:
                batches.extend(reader)
        if response.HasField("sql_command_result"):
            relation = response.sql_command_result.relation
        for metrics in response.observed_metrics:
            observed[metrics.name] = dict(zip(metrics.keys, metrics.values, strict=True))
    if schema is None:
        return Result(relation=relation, observed=observed)
    return Result(schema_lines(schema), row_lines(batches, schema), None, relation, observed)


def error_info(error):
    """The ErrorInfo detail of a failed call, or None."""
    for key, value in error.trailing_metadata() or []:
        if key == "grpc-status-details-bin":
            status = status_pb2.Status()
            status.ParseFromString(value)
            for detail in status.details:
                if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                    info = error_details_pb2.ErrorInfo()
                    detail.Unpack(info)
                    return info
    return None


def error_of(error, details):
    """An error as fixtures hold it: class, SQLSTATE, Java class, parameters, contexts; and its message."""
    info = error_info(error)
    if info is None:
        return {"class": "", "sqlstate": "", "java": "", "message": error.details()}
    java = info.reason.rsplit(".", 1)[-1]
    found = {
        "class": info.metadata.get("errorClass", ""),
        "sqlstate": info.metadata.get("sqlState", ""),
        "java": java,
        "parameters": json.loads(info.metadata.get("messageParameters", "{}")),
        "contexts": [],
        "message": error.details(),
    }
    if details is not None and details.HasField("root_error_idx"):
        root = details.errors[details.root_error_idx]
        found["message"] = root.message
        throwable = root.spark_throwable
        if throwable.error_class:
            found["class"] = throwable.error_class
            found["sqlstate"] = throwable.sql_state
            found["parameters"] = dict(throwable.message_parameters)
        for context in throwable.query_contexts:
            if context.context_type == context.DATAFRAME:
                found["contexts"].append({"dataframe": context.fragment})
            else:
                found["contexts"].append(
                    {
                        "start": context.start_index,
                        "stop": context.stop_index,
                        "sql": context.fragment,
                    }
                )
    return found


class Oracle:
    """A fresh session on the reference."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(address, options=_CHANNEL)
        self._stub = base_pb2_grpc.SparkConnectServiceStub(self._channel)
        self.session = str(uuid.uuid4())
        self.conf(BASELINE)

    def _fill(self, request):
        request.session_id = self.session
        request.user_context.user_id = "recorder"
        return request

    def conf(self, pairs):
        """Sets the pairs; a value of None unsets the key."""
        for key, value in pairs.items():
            request = self._fill(base_pb2.ConfigRequest())
            if value is None:
                request.operation.unset.keys.append(key)
            else:
                request.operation.set.pairs.add(key=key, value=value)
            self._stub.Config(request)

    def execute(self, plan):
        request = self._fill(base_pb2.ExecutePlanRequest())
        request.plan.CopyFrom(plan)
        try:
            return result_of(self._stub.ExecutePlan(request))
        except grpc.RpcError as error:
            return Result(error=error_of(error, self.details(error)))

    def config(self, operation):
        """A raw ConfigRequest.Operation."""
        request = self._fill(base_pb2.ConfigRequest())
        request.operation.CopyFrom(operation)
        return self._stub.Config(request)

    def analyze(self, request):
        return self._stub.AnalyzePlan(self._fill(request))

    def details(self, error):
        info = error_info(error)
        if info is None or "errorId" not in info.metadata:
            return None
        request = self._fill(base_pb2.FetchErrorDetailsRequest())
        request.error_id = info.metadata["errorId"]
        try:
            return self._stub.FetchErrorDetails(request)
        except grpc.RpcError:
            # Spark cannot tell the details of an error that has no message.
            return None

    def sql(self, text):
        """A query goes as a relation; everything else as a command, as `spark.sql` sends it."""
        plan = base_pb2.Plan()
        if is_query(text):
            plan.root.sql.query = text
            return self.execute(plan)
        plan.command.sql_command.input.sql.query = text
        first = self.execute(plan)
        if first.error is not None or first.relation is None:
            return first
        plan = base_pb2.Plan()
        plan.root.CopyFrom(first.relation)
        return self.execute(plan)

    def close(self):
        request = self._fill(base_pb2.ReleaseSessionRequest())
        self._stub.ReleaseSession(request)
        self._channel.close()


def is_query(text):
    """Whether a statement is a query, by its first word."""
    word = text.lstrip().lstrip("(").lstrip().split(None, 1)
    return bool(word) and word[0].lower() in ("select", "with", "values", "from", "table")
