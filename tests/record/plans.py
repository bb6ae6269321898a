"""Plan cases: runs PySpark snippets against the reference and keeps every plan the real client sent.

A snippet is Python text with `spark`, `F`, `W` (Window), `T` (types), `Row`, `pd`, `np`, `datetime`, `Decimal`
in scope. If it ends in an expression that is a DataFrame, that is collected. A fixture file is a list of
cases `{"name", "snippet", "steps"}`; a step is one request in the order it was sent:

- `{"execute": base64 of spark.connect.Plan, ...}` with `schema` and `rows` (and `ordered`), or `text`
  (lines, when the root is show_string or html_string), or `ok`, or `error`; `observed` metrics if there were any;
- `{"analyze": base64 of AnalyzePlanRequest without session fields, ...}` with `result` or `error`;
- `{"conf": {key: value or null}}` for what the snippet set or unset.

Requests that carry nothing of the snippet (the client's own reads of settings, releases) are left out.
A `sql_command` step holds the rows of the relation it answers with, unless that is the query itself (`echo`).
"""

import ast
import base64
import datetime
import decimal
import json
import random
import shutil
import signal
import sys
import threading

import grpc
import numpy
import pandas
import pyarrow as pa
import pyspark.sql.connect.proto as proto
import pyspark.sql.types as T
from oracle import BASELINE, error_of, result_of
from pyspark.sql import Row
from pyspark.sql.connect import functions as F
from pyspark.sql.connect.client.core import DefaultChannelBuilder
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.expressions import UnresolvedNamedLambdaVariable
from pyspark.sql.connect.plan import LogicalPlan
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.connect.window import Window
from render import double_text, quoted, row_lines, schema_lines, type_text
from slt import renumbered, stable

SECONDS_PER_CASE = 60

# What cases write; empty at the start of each.
SCRATCH = "/tmp/sparring-scratch"


class _Stuck(BaseException):
    """A case took too long: once in a thousand the client and the reference wait for each other."""


class _Tee:
    """A response stream that keeps what passes."""

    def __init__(self, call, step):
        self._call, self._step = call, step

    def __iter__(self):
        return self

    def __next__(self):
        try:
            response = next(self._call)
        except StopIteration:
            raise
        except grpc.RpcError as error:
            self._step["failure"] = error
            raise
        self._step["responses"].append(response)
        return response

    def __getattr__(self, name):
        return getattr(self._call, name)


class _Capture(grpc.UnaryStreamClientInterceptor, grpc.UnaryUnaryClientInterceptor):
    """Keeps each request of the current snippet with its responses."""

    def __init__(self):
        self.steps, self.lock = [], threading.Lock()
        self.quiet = False

    def _add(self, kind, request):
        step = {"kind": kind, "request": request, "responses": [], "failure": None, "details": None}
        if not self.quiet:
            with self.lock:
                self.steps.append(step)
        return step

    def intercept_unary_stream(self, continuation, details, request):
        if details.method.endswith("/ExecutePlan"):
            step = self._add("execute", request)
            return _Tee(continuation(details, request), step)
        if details.method.endswith("/ReattachExecute"):
            last = [s for s in self.steps if s["kind"] == "execute"][-1]
            return _Tee(continuation(details, request), last)
        return continuation(details, request)

    def intercept_unary_unary(self, continuation, details, request):
        call = continuation(details, request)
        if details.method.endswith("/AnalyzePlan"):
            step = self._add("analyze", request)
            if call.exception() is not None:
                step["failure"] = call.exception()
            else:
                step["responses"].append(call.result())
        elif details.method.endswith("/Config") and request.operation.WhichOneof("op_type") in (
            "set",
            "unset",
        ):
            self._add("config", request)
        elif details.method.endswith("/FetchErrorDetails") and call.exception() is None:
            for step in reversed(self.steps):
                if step["failure"] is not None:
                    step["details"] = call.result()
                    break
        return call


def _is_ordered(relation):
    """Whether the relation's rows come in an order the snippet asked for."""
    kind = relation.WhichOneof("rel_type")
    if kind == "sort":
        return relation.sort.is_global
    if kind in ("tail", "sample"):
        return True
    if kind in (
        "limit",
        "offset",
        "project",
        "filter",
        "with_columns",
        "with_columns_renamed",
        "drop",
        "to_df",
        "subquery_alias",
        "to_schema",
        "fill_na",
        "hint",
    ):
        return _is_ordered(getattr(relation, kind).input)
    if kind == "with_relations":
        return _is_ordered(relation.with_relations.root)
    return kind in ("local_relation", "range", "show_string", "summary", "describe")


def literal_text(literal):
    kind = literal.WhichOneof("literal_type")
    value = getattr(literal, kind)
    if kind == "null":
        return "NULL"
    if kind == "string":
        return quoted(value)
    if kind == "struct":
        return "{" + ", ".join(literal_text(e) for e in value.elements) + "}"
    if kind == "array":
        return "[" + ", ".join(literal_text(e) for e in value.elements) + "]"
    if kind == "decimal":
        return value.value
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "double":
        return double_text(value)
    if kind in ("byte", "short", "integer", "long"):
        return str(value)
    raise ValueError(f"no rendering for an observed {kind}")


def _analysis(request, response):
    """The answer of an AnalyzePlan request, as text or as a list of lines."""
    kind = response.WhichOneof("result")
    value = getattr(response, kind)
    match kind:
        case "schema":
            if value.schema.WhichOneof("kind") == "struct":
                return schema_lines(value.schema)
            return type_text(value.schema)
        case "explain":
            return renumbered(value.explain_string).split("\n")
        case "tree_string":
            return value.tree_string.split("\n")
        case "is_local":
            return value.is_local
        case "is_streaming":
            return value.is_streaming
        case "input_files":
            return list(value.files)
        case "spark_version":
            return value.version
        case "ddl_parse":
            if value.parsed.WhichOneof("kind") == "struct":
                return schema_lines(value.parsed)
            return type_text(value.parsed)
        case "json_to_ddl":
            return value.ddl_string
        case "same_semantics":
            return value.result
        case "semantic_hash":
            return "an int"
        case "get_storage_level":
            level = value.storage_level
            return {
                "use_disk": level.use_disk,
                "use_memory": level.use_memory,
                "use_off_heap": level.use_off_heap,
                "deserialized": level.deserialized,
                "replication": level.replication,
            }
        case _:
            return kind


def _error(step):
    error = error_of(step["failure"], step["details"])
    found = {"class": error["class"], "sqlstate": error["sqlstate"], "java": error["java"]}
    if error["class"]:
        found["parameters"] = {k: stable(v) for k, v in sorted(error.get("parameters", {}).items())}
    else:
        # What follows the first line is a stack trace.
        found["message"] = stable((error["message"] or "").split("\n")[0])
    if error.get("contexts"):
        found["contexts"] = error["contexts"]
    return found


def _encode(message):
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


def _local_result(relation):
    """Schema and rows of the local relation with which a SQL command answered."""
    batches, schema = [], proto.DataType()
    with pa.ipc.open_stream(relation.local_relation.data) as reader:
        names = reader.schema
        batches.extend(reader)
    for field in names:
        target = schema.struct.fields.add(name=field.name, nullable=field.nullable)
        target.data_type.CopyFrom(_proto_type(field.type))
    return schema_lines(schema), row_lines(batches, schema)


def _proto_type(arrow_type):
    from pyspark.sql.connect.types import pyspark_types_to_proto_types
    from pyspark.sql.pandas.types import from_arrow_type

    return pyspark_types_to_proto_types(from_arrow_type(arrow_type))


def _step_record(step):
    request = step["request"]
    if step["kind"] == "config":
        operation = request.operation
        if operation.HasField("set"):
            return {"conf": {pair.key: pair.value for pair in operation.set.pairs}}
        return {"conf": {key: None for key in operation.unset.keys}}
    if step["kind"] == "analyze":
        bare = proto.AnalyzePlanRequest()
        bare.CopyFrom(request)
        for name in (
            "session_id",
            "user_context",
            "client_type",
            "client_observed_server_side_session_id",
        ):
            bare.ClearField(name)
        record = {"analyze": _encode(bare)}
        if step["failure"] is not None:
            record["error"] = _error(step)
        else:
            record["result"] = _analysis(request, step["responses"][0])
        return record
    plan = request.plan
    record = {"execute": _encode(plan)}
    if step["failure"] is not None:
        record["error"] = _error(step)
        return record
    result = result_of(step["responses"])
    root = plan.root.WhichOneof("rel_type") if plan.HasField("root") else None
    if result.relation is not None:
        if result.relation.HasField("local_relation"):
            record["schema"], record["rows"] = _local_result(result.relation)
            if plan.command.sql_command.input.sql.query.upper().startswith("EXPLAIN"):
                record["rows"] = [renumbered(row) for row in record["rows"]]
        else:
            record["echo"] = True
    elif result.schema is None:
        record["ok"] = True
    elif root in ("show_string", "html_string"):
        table = [r for r in step["responses"] if r.HasField("arrow_batch")]
        with pa.ipc.open_stream(table[0].arrow_batch.data) as reader:
            record["text"] = reader.read_all().column(0)[0].as_py().split("\n")
    else:
        ordered = _is_ordered(plan.root)
        if ordered:
            record["ordered"] = True
        record["schema"] = result.schema
        record["rows"] = result.rows if ordered else sorted(result.rows)
    if result.observed:
        record["observed"] = {
            name: {key: literal_text(v) for key, v in sorted(values.items())}
            for name, values in sorted(result.observed.items())
        }
    return record


class Recorder:
    """Real PySpark sessions on the reference, one for each file."""

    def __init__(self, address, verbose=False):
        self._address, self.verbose = address, verbose
        # A session that is collected as garbage shuts the client's thread pool down while others use it.
        self._sessions = []

    def record_file(self, path, setup, cases):
        records = []
        for name, snippet in cases.items():
            if self.verbose:
                print(f"  {name}", file=sys.stderr)
            setup, snippet = setup.strip(), snippet.strip()
            try:
                steps = self._run(setup, snippet, name)
            except _Stuck:
                steps = self._run(setup, snippet, name)
            if steps:
                text = (setup + "\n" + snippet).strip()
                records.append({"name": name, "snippet": text.split("\n"), "steps": steps})
        path.write_text(json.dumps(records, indent=1, ensure_ascii=False) + "\n")
        return len(records)

    def _run(self, setup, text, name):
        """The steps of one snippet; what the setup only asked (to parse a schema) is left out."""

        def stuck(_signal, _frame):
            raise _Stuck(name)

        signal.signal(signal.SIGALRM, stuck)
        signal.alarm(SECONDS_PER_CASE)
        try:
            return self._captured(setup, text, name)
        finally:
            signal.alarm(0)

    def _captured(self, setup, text, name):
        shutil.rmtree(SCRATCH, ignore_errors=True)
        builder = DefaultChannelBuilder(f"sc://{self._address}")
        capture = _Capture()
        builder.add_interceptor(capture)
        capture.quiet = True
        spark = SparkSession.builder.channelBuilder(builder).create()
        self._sessions.append(spark)
        for key, value in BASELINE.items():
            spark.conf.set(key, value)
        capture.quiet = False
        # Ids count on through the life of the process; fixtures should not change with the order of cases.
        LogicalPlan._nextPlanId = 0
        UnresolvedNamedLambdaVariable._nextVarNameId = 0
        random.seed(0)
        scope = {
            "spark": spark,
            "F": F,
            "W": Window,
            "T": T,
            "Row": Row,
            "pd": pandas,
            "np": numpy,
            "pa": pa,
            "datetime": datetime,
            "Decimal": decimal.Decimal,
            "print": lambda *args, **kwargs: None,
        }
        tree = ast.parse(text)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        stdout, sys.stdout = sys.stdout, open("/dev/null", "w")  # noqa: SIM115
        try:
            exec(compile(setup, "<setup>", "exec"), scope)
            capture.steps = [step for step in capture.steps if step["kind"] != "analyze"]
            exec(compile(tree, "<snippet>", "exec"), scope)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<snippet>", "eval"), scope)
                if isinstance(value, DataFrame):
                    value.collect()
        except Exception as error:
            if not any(step["failure"] is not None for step in capture.steps):
                print(f"  {name}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
        finally:
            sys.stdout = stdout
        steps = [_step_record(step) for step in capture.steps]
        capture.quiet = True
        spark.stop()
        return steps
