//! The configuration keys we know: default, and whether a session may change them.
//!
//! Values are those that Apache Spark 4.1.4 answers, except sizes: clients parse them with `int()`,
//! so they are plain digits (`3221225472`, never `3221225472b`).

use chrono_tz::Tz;

use crate::error::{Error, Result};

/// Who may change a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any session.
    Session,
    /// A static SQL key: fixed when the server starts.
    Static,
    /// A key of Spark's core: fixed when the cluster starts.
    Core,
}

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Any,
    Boolean,
    Whole,
    TimeZone,
    OneOf(&'static [&'static str]),
}

/// One known key.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) default: Option<&'static str>,
    pub(super) kind: Kind,
    value: Value,
}

impl Key {
    /// Refuses a value that Spark would refuse.
    pub(super) fn check(&self, name: &str, value: &str) -> Result<()> {
        let trimmed = value.trim();
        match self.value {
            Value::Any => Ok(()),
            Value::Boolean if matches!(trimmed.to_ascii_lowercase().as_str(), "true" | "false") => {
                Ok(())
            }
            Value::Whole if trimmed.parse::<i64>().is_ok() => Ok(()),
            Value::TimeZone if trimmed.parse::<Tz>().is_ok() => Ok(()),
            Value::OneOf(values) if values.iter().any(|v| v.eq_ignore_ascii_case(trimmed)) => {
                Ok(())
            }
            Value::TimeZone => Err(Error::new(
                "INVALID_CONF_VALUE.TIME_ZONE",
                [
                    ("confName", quoted(name)),
                    ("confValue", format!("'{value}'")),
                ],
            )),
            Value::OneOf(values) => Err(Error::new(
                "INVALID_CONF_VALUE.OUT_OF_RANGE_OF_OPTIONS",
                [
                    ("confName", quoted(name)),
                    ("confValue", format!("'{value}'")),
                    ("confOptions", values.join(", ")),
                ],
            )),
            Value::Boolean | Value::Whole => Err(Error::new(
                "INVALID_CONF_VALUE.TYPE_MISMATCH",
                [
                    ("confName", quoted(name)),
                    ("confValue", format!("'{value}'")),
                    (
                        "confType",
                        if self.value == Value::Boolean {
                            "boolean"
                        } else {
                            "long"
                        }
                        .to_owned(),
                    ),
                ],
            )),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// The row of a key.
pub(super) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|known| known.name == name)
}

const fn session(name: &'static str, default: &'static str, value: Value) -> Key {
    Key {
        name,
        default: Some(default),
        kind: Kind::Session,
        value,
    }
}

const fn flag(name: &'static str, default: &'static str) -> Key {
    session(name, default, Value::Boolean)
}

const fn whole(name: &'static str, default: &'static str) -> Key {
    session(name, default, Value::Whole)
}

const fn fixed(name: &'static str, default: &'static str) -> Key {
    Key {
        name,
        default: Some(default),
        kind: Kind::Static,
        value: Value::Any,
    }
}

const fn core(name: &'static str, default: Option<&'static str>) -> Key {
    Key {
        name,
        default,
        kind: Kind::Core,
        value: Value::Any,
    }
}

/// Every key that the clients read, and those that change what the engine does.
pub(super) const KEYS: &[Key] = &[
    flag("spark.sql.ansi.enabled", "true"),
    flag("spark.sql.caseSensitive", "false"),
    session("spark.sql.session.timeZone", "UTC", Value::TimeZone),
    session(
        "spark.sql.timestampType",
        "TIMESTAMP_LTZ",
        Value::OneOf(&["TIMESTAMP_NTZ", "TIMESTAMP_LTZ"]),
    ),
    whole("spark.sql.shuffle.partitions", "200"),
    whole("spark.sql.autoBroadcastJoinThreshold", "10485760"),
    flag("spark.sql.adaptive.enabled", "true"),
    flag("spark.sql.crossJoin.enabled", "true"),
    flag("spark.sql.groupByOrdinal", "true"),
    flag("spark.sql.orderByOrdinal", "true"),
    flag("spark.sql.groupByAliases", "true"),
    flag("spark.sql.repl.eagerEval.enabled", "false"),
    whole("spark.sql.repl.eagerEval.maxNumRows", "20"),
    whole("spark.sql.repl.eagerEval.truncate", "20"),
    session(
        "spark.sql.legacy.timeParserPolicy",
        "CORRECTED",
        Value::OneOf(&["EXCEPTION", "CORRECTED", "LEGACY"]),
    ),
    session(
        "spark.sql.storeAssignmentPolicy",
        "ANSI",
        Value::OneOf(&["ANSI", "STRICT", "LEGACY"]),
    ),
    session("spark.sql.sources.default", "parquet", Value::Any),
    session(
        "spark.sql.sources.partitionOverwriteMode",
        "STATIC",
        Value::OneOf(&["STATIC", "DYNAMIC"]),
    ),
    flag(
        "spark.sql.sources.partitionColumnTypeInference.enabled",
        "true",
    ),
    whole("spark.sql.files.maxRecordsPerFile", "0"),
    session("spark.sql.parquet.compression.codec", "snappy", Value::Any),
    session(
        "spark.sql.columnNameOfCorruptRecord",
        "_corrupt_record",
        Value::Any,
    ),
    session(
        "spark.sql.mapKeyDedupPolicy",
        "EXCEPTION",
        Value::OneOf(&["EXCEPTION", "LAST_WIN"]),
    ),
    flag("spark.sql.execution.pyspark.binaryAsBytes", "true"),
    flag("spark.sql.execution.arrow.pyspark.enabled", "false"),
    flag("spark.sql.execution.arrow.pyspark.fallback.enabled", "true"),
    flag(
        "spark.sql.execution.arrow.pyspark.selfDestruct.enabled",
        "false",
    ),
    flag("spark.sql.execution.arrow.useLargeVarTypes", "false"),
    whole("spark.sql.execution.arrow.maxRecordsPerBatch", "10000"),
    flag(
        "spark.sql.execution.pandas.convertToArrowArraySafely",
        "false",
    ),
    flag("spark.sql.execution.pandas.inferPandasDictAsMap", "false"),
    session(
        "spark.sql.execution.pandas.structHandlingMode",
        "legacy",
        Value::OneOf(&["legacy", "row", "dict"]),
    ),
    flag("spark.sql.execution.pythonUDF.arrow.enabled", "false"),
    flag("spark.sql.execution.pythonUDTF.arrow.enabled", "false"),
    flag("spark.sql.pyspark.inferNestedDictAsStruct.enabled", "false"),
    flag(
        "spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled",
        "false",
    ),
    flag(
        "spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled",
        "false",
    ),
    flag("spark.sql.pyspark.jvmStacktrace.enabled", "false"),
    whole("spark.sql.pyspark.plotting.max_rows", "1000"),
    flag("spark.sql.connect.serverStacktrace.enabled", "false"),
    whole("spark.sql.session.localRelationCacheThreshold", "1048576"),
    whole("spark.sql.session.localRelationChunkSizeRows", "10000"),
    whole("spark.sql.session.localRelationChunkSizeBytes", "16777216"),
    whole(
        "spark.sql.session.localRelationBatchOfChunksSizeBytes",
        "1073741824",
    ),
    whole("spark.sql.session.localRelationSizeLimit", "3221225472"),
    whole(
        "spark.sql.session.localRelationChunkSizeLimit",
        "2097152000",
    ),
    whole(
        "spark.connect.session.planCompression.threshold",
        "10485760",
    ),
    session(
        "spark.connect.session.planCompression.defaultAlgorithm",
        "ZSTD",
        Value::OneOf(&["ZSTD", "NONE"]),
    ),
    whole(
        "spark.connect.execute.reattachable.senderMaxStreamDuration",
        "120000",
    ),
    whole(
        "spark.connect.execute.reattachable.senderMaxStreamSize",
        "1073741824",
    ),
    session("spark.sql.defaultCatalog", "spark_catalog", Value::Any),
    fixed("spark.sql.warehouse.dir", "dbfs:/user/hive/warehouse"),
    fixed("spark.sql.catalogImplementation", "in-memory"),
    fixed("spark.sql.extensions", ""),
    fixed("spark.sql.globalTempDatabase", "global_temp"),
    fixed("spark.sql.streaming.ui.enabled", "true"),
    fixed("spark.connect.grpc.maxInboundMessageSize", "134217728"),
    fixed("spark.connect.grpc.arrow.maxBatchSize", "4194304"),
    fixed("spark.connect.grpc.maxMetadataSize", "1024"),
    core("spark.app.id", None),
    core("spark.driver.memory", None),
    core("spark.executor.memory", None),
    core("spark.executor.cores", None),
    core("spark.executor.instances", None),
    core("spark.driver.cores", None),
    core("spark.driver.maxResultSize", None),
    core("spark.master", None),
    core("spark.submit.deployMode", None),
    core("spark.scheduler.mode", None),
    core("spark.serializer", None),
    core("spark.default.parallelism", None),
    core("spark.dynamicAllocation.enabled", None),
];

/// What Databricks lets a Spark Connect session set beside the keys above: its documented list for
/// serverless and standard compute, plus what clients send at the start of every session.
pub(super) const ALLOWED_ON_DATABRICKS: &[&str] = &[
    "spark.app.name",
    "spark.remote",
    "spark.databricks.*",
    "spark.sql.*",
    "spark.connect.*",
    "spark.hadoop.*",
    "spark.pandas.*",
    "pandas_on_Spark.*",
    "pandas.*",
];
