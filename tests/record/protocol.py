"""Facts of the protocol that are no query's answer: configuration, its errors, explain texts, error messages.

Written as JSON and text for the authors of the server and the engine; the suite replays none of it.
"""

import json

import grpc
from oracle import Oracle, error_of
from pyspark.sql.connect.proto import base_pb2
from slt import stable

CLIENT_KEYS = """
spark.sql.session.timeZone spark.sql.timestampType spark.sql.ansi.enabled spark.sql.caseSensitive
spark.sql.session.localRelationCacheThreshold spark.sql.session.localRelationChunkSizeRows
spark.sql.session.localRelationChunkSizeBytes spark.sql.session.localRelationBatchOfChunksSizeBytes
spark.sql.session.localRelationSizeLimit spark.sql.session.localRelationChunkSizeLimit
spark.sql.execution.pandas.convertToArrowArraySafely spark.sql.execution.pandas.inferPandasDictAsMap
spark.sql.execution.pandas.structHandlingMode spark.sql.execution.pandas.convertToArrowArraySafely
spark.sql.execution.pyspark.binaryAsBytes spark.sql.execution.arrow.pyspark.selfDestruct.enabled
spark.sql.execution.arrow.pyspark.enabled spark.sql.execution.arrow.pyspark.fallback.enabled
spark.sql.execution.arrow.maxRecordsPerBatch spark.sql.execution.arrow.useLargeVarTypes
spark.sql.execution.pythonUDF.arrow.enabled spark.sql.execution.pythonUDTF.arrow.enabled
spark.sql.pyspark.inferNestedDictAsStruct.enabled spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled
spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled spark.sql.pyspark.toJSON.returnDataFrame
spark.sql.repl.eagerEval.enabled spark.sql.repl.eagerEval.maxNumRows spark.sql.repl.eagerEval.truncate
spark.sql.connect.serverStacktrace.enabled spark.sql.pyspark.jvmStacktrace.enabled
spark.connect.session.planCompression.threshold spark.connect.session.planCompression.defaultAlgorithm
spark.connect.session.connectML.enabled spark.connect.grpc.maxInboundMessageSize
spark.connect.grpc.arrow.maxBatchSize spark.connect.grpc.maxMetadataSize spark.connect.execute.reattachable.enabled
spark.sql.warehouse.dir spark.sql.catalogImplementation spark.sql.defaultCatalog spark.sql.sources.default
spark.master spark.app.name spark.app.id spark.remote spark.version spark.driver.memory spark.executor.memory
spark.sql.shuffle.partitions spark.sql.adaptive.enabled spark.default.parallelism spark.databricks.clusterUsageTags.clusterId
foo.bar
""".split()
SET_KEYS = """
spark.master spark.app.name spark.driver.memory spark.executor.memory spark.sql.warehouse.dir spark.sql.extensions
spark.sql.catalogImplementation spark.sql.shuffle.partitions foo.bar spark.foo spark.sql.nope spark.remote
spark.sql.ansi.enabled spark.sql.session.timeZone spark.sql.codegen.comments spark.sql.legacy.timeParserPolicy
spark.connect.grpc.maxInboundMessageSize spark.connect.session.planCompression.threshold spark.plugins
""".split()
BAD_VALUES = {
    "spark.sql.ansi.enabled": "maybe",
    "spark.sql.shuffle.partitions": "abc",
    "spark.sql.session.timeZone": "nope",
    "spark.sql.legacy.timeParserPolicy": "x",
    "spark.sql.autoBroadcastJoinThreshold": "10 apples",
    "spark.sql.sources.partitionOverwriteMode": "x",
    "spark.sql.timestampType": "x",
}
EXPLAINED = {
    "literal": "SELECT 1 AS a",
    "filter": "SELECT a + 1 AS b FROM VALUES (1), (2) AS t(a) WHERE a > 1",
    "range": "SELECT id FROM range(10) WHERE id > 3 ORDER BY id LIMIT 2",
    "aggregate": "SELECT id % 3 AS k, sum(id) FROM range(10) GROUP BY id % 3",
    "join": "SELECT a.id FROM range(10) a JOIN range(5) b ON a.id = b.id",
    "window": "SELECT id, row_number() OVER (ORDER BY id) AS n FROM range(3)",
    "union": "SELECT 1 AS a UNION ALL SELECT 2",
}
MODES = base_pb2.AnalyzePlanRequest.Explain.ExplainMode


def _failure(oracle, error):
    found = error_of(error, oracle.details(error))
    return {
        key: found[key]
        for key in ("class", "sqlstate", "java", "parameters", "message")
        if key in found
    }


def _operation(kind):
    operation = base_pb2.ConfigRequest.Operation()
    return operation, getattr(operation, kind)


def _option(oracle, key):
    operation, inner = _operation("get_option")
    inner.keys.append(key)
    pair = oracle.config(operation).pairs[0]
    modifiable, inner = _operation("is_modifiable")
    inner.keys.append(key)
    flag = oracle.config(modifiable).pairs[0].value
    return {
        "value": pair.value if pair.HasField("value") else None,
        "is_modifiable": flag == "true",
    }


def _config(oracle):
    # A fresh session shows the server's own defaults, so what the recorder set is taken back.
    for key in (
        "spark.sql.leafNodeDefaultParallelism",
        "spark.sql.shuffle.partitions",
        "spark.sql.session.timeZone",
    ):
        oracle.conf({key: None})
    listed = [row.split(" | ")[0].strip("'") for row in oracle.sql("SET -v").rows]
    keys = sorted(set(CLIENT_KEYS) | {key for key in listed if key.startswith("spark.")})
    found = {"client_keys": {}, "all_keys": {}}
    for key in keys:
        kind = "client_keys" if key in CLIENT_KEYS else "all_keys"
        found[kind][key] = _option(oracle, key)
    return found


def _setting(oracle):
    answers = []
    tries = [(key, "1") for key in SET_KEYS] + list(BAD_VALUES.items())
    for key, value in tries:
        for silent in (False, True):
            operation, inner = _operation("set")
            inner.pairs.add(key=key, value=value)
            inner.silent = silent
            record = {"key": key, "value": value, "silent": silent}
            try:
                response = oracle.config(operation)
                record["warnings"] = list(response.warnings)
            except grpc.RpcError as error:
                record["error"] = _failure(oracle, error)
            answers.append(record)
    operation, inner = _operation("get")
    inner.keys.append("no.such.key")
    try:
        oracle.config(operation)
    except grpc.RpcError as error:
        answers.append({"get": "no.such.key", "error": _failure(oracle, error)})
    return answers


def _explain(oracle):
    parts = []
    for name, sql in EXPLAINED.items():
        for mode, number in MODES.items():
            if number == 0 or mode.endswith("CODEGEN"):
                continue
            request = base_pb2.AnalyzePlanRequest()
            request.explain.plan.root.sql.query = sql
            request.explain.explain_mode = number
            text = stable(oracle.analyze(request).explain.explain_string)
            parts.append(f"### {name} {mode}: {sql}\n{text}")
    return "\n".join(parts)


def record(address, directory, messages):
    directory.mkdir(parents=True, exist_ok=True)

    def write(name, value):
        (directory / name).write_text(
            json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        )

    oracle = Oracle(address)
    write("config.json", _config(oracle))
    oracle.close()
    oracle = Oracle(address)
    write("config_set.json", _setting(oracle))
    oracle.close()
    oracle = Oracle(address)
    (directory / "explain.txt").write_text(_explain(oracle))
    oracle.close()
    if messages:
        write(
            "error_messages.json",
            {
                name: {
                    "sqlstate": error["sqlstate"],
                    "java": error["java"],
                    "parameters": {k: stable(v) for k, v in error.get("parameters", {}).items()},
                    "message": stable(error["message"]),
                }
                for name, error in messages.items()
                if name
            },
        )
