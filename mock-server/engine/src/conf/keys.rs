//! The configuration keys we know: default, and whether a session may change them.
//!
//! Values are those that Apache Spark 4.1.4 answers, except the sizes of local relations: clients
//! parse them with `int()`, so they are plain digits (`3221225472`, never `3221225472b`).

use std::collections::HashMap;
use std::sync::LazyLock;

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
    Int,
    /// An int above zero.
    Positive,
    Long,
    /// `10485760`, `10MB`.
    Bytes,
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
    pub(super) fn check(&self, value: &str) -> Result<()> {
        let text = value.trim();
        let mismatch = |right: bool, conf_type: &'static str| {
            if right {
                return Ok(());
            }
            let class = "INVALID_CONF_VALUE.TYPE_MISMATCH";
            Err(self.invalid(class, value, Some(("confType", conf_type))))
        };
        match self.value {
            Value::Any => Ok(()),
            Value::Boolean => mismatch(
                ["true", "false"]
                    .iter()
                    .any(|word| text.eq_ignore_ascii_case(word)),
                "boolean",
            ),
            Value::Int => mismatch(text.parse::<i32>().is_ok(), "int"),
            Value::Positive => match text.parse::<i32>() {
                Ok(number) if number > 0 => Ok(()),
                Ok(_) => {
                    let requirement = format!("The value of {} must be positive", self.name);
                    let requirement = Some(("confRequirement", requirement.as_str()));
                    Err(self.invalid("INVALID_CONF_VALUE.REQUIREMENT", value, requirement))
                }
                Err(_) => mismatch(false, "int"),
            },
            Value::Long => mismatch(text.parse::<i64>().is_ok(), "long"),
            Value::Bytes => mismatch(is_bytes(text), "bytes in BYTE"),
            Value::TimeZone if text.parse::<Tz>().is_ok() => Ok(()),
            Value::TimeZone => Err(self.invalid("INVALID_CONF_VALUE.TIME_ZONE", value, None)),
            Value::OneOf(values) if values.iter().any(|v| v.eq_ignore_ascii_case(text)) => Ok(()),
            Value::OneOf(values) => {
                let class = "INVALID_CONF_VALUE.OUT_OF_RANGE_OF_OPTIONS";
                let options = values.join(", ");
                Err(self.invalid(class, value, Some(("confOptions", options.as_str()))))
            }
        }
    }

    fn invalid(
        &self,
        class: &'static str,
        value: &str,
        more: Option<(&'static str, &str)>,
    ) -> Error {
        let parameters = [("confName", self.name), ("confValue", value)];
        Error::new(class, parameters.into_iter().chain(more))
    }
}

/// A size as Spark reads it: a whole number and a unit, bytes without one.
fn is_bytes(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = &text[..text.len() - unit.len()];
    let units = [
        "", "b", "k", "kb", "m", "mb", "g", "gb", "t", "tb", "p", "pb",
    ];
    number.parse::<i64>().is_ok() && units.iter().any(|known| unit.eq_ignore_ascii_case(known))
}

/// The row of a key.
pub(super) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter()
        .find(|known| known.name == name)
        .or_else(|| OTHERS.get(name))
}

/// The other SQL keys of Apache Spark 4.1.4. They change nothing here; that they exist, whether
/// they may be set and what they are by default is answered as Spark does.
static OTHERS: LazyLock<HashMap<&'static str, Key>> = LazyLock::new(|| {
    let others = include_str!("spark-keys.txt").lines();
    others
        .filter_map(|line| {
            let mut words = line.splitn(3, '\t');
            let (name, kind, default) = (words.next()?, words.next()?, words.next());
            let key = Key {
                name,
                default,
                kind: if kind == "static" {
                    Kind::Static
                } else {
                    Kind::Session
                },
                value: match default {
                    Some("true" | "false") => Value::Boolean,
                    _ => Value::Any,
                },
            };
            Some((name, key))
        })
        .collect()
});

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

const fn int(name: &'static str, default: &'static str) -> Key {
    session(name, default, Value::Int)
}

const fn long(name: &'static str, default: &'static str) -> Key {
    session(name, default, Value::Long)
}

const fn bytes(name: &'static str, default: &'static str) -> Key {
    session(name, default, Value::Bytes)
}

const fn fixed(name: &'static str, default: Option<&'static str>) -> Key {
    Key {
        name,
        default,
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
    flag("spark.sql.variable.substitute", "true"),
    session("spark.sql.shuffle.partitions", "200", Value::Positive),
    bytes("spark.sql.autoBroadcastJoinThreshold", "10485760b"),
    flag("spark.sql.adaptive.enabled", "true"),
    flag("spark.sql.crossJoin.enabled", "true"),
    flag("spark.sql.groupByOrdinal", "true"),
    flag("spark.sql.orderByOrdinal", "true"),
    flag("spark.sql.groupByAliases", "true"),
    flag("spark.sql.repl.eagerEval.enabled", "false"),
    int("spark.sql.repl.eagerEval.maxNumRows", "20"),
    int("spark.sql.repl.eagerEval.truncate", "20"),
    session(
        "spark.sql.legacy.timeParserPolicy",
        "CORRECTED",
        Value::OneOf(&["EXCEPTION", "LEGACY", "CORRECTED"]),
    ),
    session(
        "spark.sql.storeAssignmentPolicy",
        "ANSI",
        Value::OneOf(&["ANSI", "LEGACY", "STRICT"]),
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
    long("spark.sql.files.maxRecordsPerFile", "0"),
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
    int("spark.sql.execution.arrow.maxRecordsPerBatch", "10000"),
    flag(
        "spark.sql.execution.pandas.convertToArrowArraySafely",
        "true",
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
    int("spark.sql.pyspark.plotting.max_rows", "1000"),
    flag("spark.sql.connect.serverStacktrace.enabled", "false"),
    int("spark.sql.session.localRelationCacheThreshold", "1048576"),
    int("spark.sql.session.localRelationChunkSizeRows", "10000"),
    long("spark.sql.session.localRelationChunkSizeBytes", "16777216"),
    long(
        "spark.sql.session.localRelationBatchOfChunksSizeBytes",
        "1073741824",
    ),
    bytes("spark.sql.session.localRelationSizeLimit", "3221225472"),
    bytes(
        "spark.sql.session.localRelationChunkSizeLimit",
        "2097152000",
    ),
    int(
        "spark.connect.session.planCompression.threshold",
        "10485760",
    ),
    session(
        "spark.connect.session.planCompression.defaultAlgorithm",
        "ZSTD",
        Value::OneOf(&["NONE", "ZSTD"]),
    ),
    session("spark.sql.defaultCatalog", "spark_catalog", Value::Any),
    fixed("spark.sql.warehouse.dir", Some("dbfs:/user/hive/warehouse")),
    fixed("spark.sql.catalogImplementation", Some("in-memory")),
    fixed("spark.sql.extensions", None),
    fixed("spark.sql.globalTempDatabase", Some("global_temp")),
    fixed("spark.sql.streaming.ui.enabled", Some("true")),
    fixed(
        "spark.connect.execute.reattachable.senderMaxStreamDuration",
        Some("120000ms"),
    ),
    fixed(
        "spark.connect.execute.reattachable.senderMaxStreamSize",
        Some("1073741824b"),
    ),
    fixed(
        "spark.connect.grpc.maxInboundMessageSize",
        Some("134217728b"),
    ),
    fixed("spark.connect.grpc.arrow.maxBatchSize", Some("4194304b")),
    fixed("spark.connect.grpc.maxMetadataSize", Some("1024b")),
    core("spark.app.id", None),
    core("spark.driver.memory", None),
    core("spark.executor.memory", None),
    core("spark.executor.cores", None),
    core("spark.executor.instances", None),
    core("spark.driver.cores", None),
    core("spark.driver.maxResultSize", None),
    core("spark.plugins", None),
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
    "spark.master",
    "spark.remote",
    "spark.databricks.*",
    "spark.sql.*",
    "spark.connect.*",
    "spark.hadoop.*",
    "spark.pandas.*",
    "pandas_on_Spark.*",
    "pandas.*",
];
