//! The only place that turns a domain error into a wire error: gRPC status with details, the
//! answer of `FetchErrorDetails`, and the JSON of the REST surface.
//!
//! Spark reports every failure as INTERNAL and puts the Java class into `ErrorInfo`
//! (`ErrorUtils.buildStatusFromThrowable`); clients switch on that class, not on the code. Errors
//! of the gateway in front have plain gRPC codes and no `ErrorInfo`, as a real gateway's.

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use prost::Message;
use serde_json::json;
use sparring_engine::{Error, Exception, QueryContext};
use sparring_proto::connect::fetch_error_details_response as details;
use tonic::{Code, Status};

/// Spark cuts the status message here (`ErrorUtils`); `FetchErrorDetails` has the whole text.
const MESSAGE_CHARACTERS: usize = 2048;

/// Clients refuse trailers above 8 KiB (gRPC's soft limit), and the message travels twice.
const TRAILER_BYTES: usize = 7 * 1024;

/// Spark's `spark.connect.grpc.maxMetadataSize`: larger parameters are left out.
const PARAMETERS_BYTES: usize = 1024;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// `google.rpc.ErrorInfo`.
#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
    #[prost(map = "string, string", tag = "3")]
    metadata: HashMap<String, String>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

/// The status of a Spark error. `error_id` is what `FetchErrorDetails` will be asked for; there
/// is none where there is no session to keep the details.
pub(crate) fn spark_error(error: &Error, error_id: Option<&str>) -> Status {
    let classes = hierarchy(error);
    let mut metadata = HashMap::from([("classes".to_owned(), json!(classes).to_string())]);
    if let Some(class) = error.class() {
        metadata.insert("errorClass".to_owned(), class.to_owned());
        let parameters = json!(error.parameters()).to_string();
        if parameters.len() <= PARAMETERS_BYTES {
            metadata.insert("messageParameters".to_owned(), parameters);
        }
    }
    if let Some(state) = error.sql_state() {
        metadata.insert("sqlState".to_owned(), state.to_owned());
    }
    if let Some(id) = error_id {
        metadata.insert("errorId".to_owned(), id.to_owned());
    }
    let info = ErrorInfo {
        reason: classes.first().copied().unwrap_or_default().to_owned(),
        domain: "org.apache.spark".to_owned(),
        metadata,
    };
    let info = any("google.rpc.ErrorInfo", &info);
    let room = TRAILER_BYTES.saturating_sub(info.value.len() * 4 / 3);
    with_details(Code::Internal, cut(&error.message(), room), vec![info])
}

/// The status of a call that the gateway refuses.
pub(crate) fn refusal(code: Code, message: &str, retry_after: Option<Duration>) -> Status {
    match retry_after {
        None => Status::new(code, message),
        Some(delay) => {
            let info = RetryInfo {
                retry_delay: Some(prost_types::Duration {
                    seconds: i64::try_from(delay.as_secs()).unwrap_or(i64::MAX),
                    nanos: i32::try_from(delay.subsec_nanos()).unwrap_or(0),
                }),
            };
            with_details(
                code,
                message.to_owned(),
                vec![any("google.rpc.RetryInfo", &info)],
            )
        }
    }
}

/// What `FetchErrorDetails` answers for the error.
pub(crate) fn error_details(error: &Error) -> details::Error {
    details::Error {
        error_type_hierarchy: hierarchy(error).into_iter().map(str::to_owned).collect(),
        message: error.message(),
        // Spark's frames are those of its own JVM code; there is nothing like them here.
        stack_trace: Vec::new(),
        cause_idx: None,
        spark_throwable: error.class().map(|class| details::SparkThrowable {
            error_class: Some(class.to_owned()),
            message_parameters: error.parameters().clone().into_iter().collect(),
            query_contexts: error.context().map(query_context).into_iter().collect(),
            sql_state: error.sql_state().map(str::to_owned),
            breaking_change_info: None,
        }),
    }
}

/// The Spark error class in a status, for the journal.
pub(crate) fn error_class(status: &Status) -> Option<String> {
    let details = RpcStatus::decode(Bytes::copy_from_slice(status.details()))
        .ok()?
        .details;
    let info = details
        .iter()
        .find(|any| any.type_url.ends_with("/google.rpc.ErrorInfo"))?;
    let mut info = ErrorInfo::decode(info.value.as_slice()).ok()?;
    info.metadata.remove("errorClass").or(Some(info.reason))
}

/// The name of a gRPC code as the gRPC documentation writes it.
pub(crate) const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// An error of the REST surface. `error_code` is a word, or the number 403 for a bad token.
pub(crate) fn rest_error(
    status: StatusCode,
    error_code: impl Into<serde_json::Value>,
    message: &str,
) -> Response {
    let body = Json(json!({ "error_code": error_code.into(), "message": message }));
    (status, body).into_response()
}

fn with_details(code: Code, message: String, details: Vec<prost_types::Any>) -> Status {
    let details = RpcStatus {
        code: code as i32,
        message: message.clone(),
        details,
    };
    Status::with_details(code, message, details.encode_to_vec().into())
}

fn any(name: &str, message: &impl Message) -> prost_types::Any {
    prost_types::Any {
        type_url: format!("type.googleapis.com/{name}"),
        value: message.encode_to_vec(),
    }
}

/// Cuts to Spark's length, and further where the text is expensive on the wire: everything but
/// printable ASCII is percent-encoded in `grpc-message` and base64-encoded in the details.
fn cut(message: &str, room_bytes: usize) -> String {
    let cost = |character: char| {
        let bytes = character.len_utf8();
        let encoded = if matches!(character, ' '..='~') && character != '%' {
            1
        } else {
            3 * bytes
        };
        encoded + bytes * 4 / 3 + 1
    };
    let mut spent = 0;
    let fits = message
        .char_indices()
        .enumerate()
        .take_while(|(count, (_, character))| {
            spent += cost(*character);
            *count < MESSAGE_CHARACTERS && spent <= room_bytes
        })
        .count();
    if message.chars().nth(fits).is_none() {
        return message.to_owned();
    }
    let mut short: String = message.chars().take(fits.saturating_sub(3)).collect();
    short.push_str("...");
    short
}

fn query_context(context: &QueryContext) -> details::QueryContext {
    use details::query_context::ContextType;
    let common = details::QueryContext {
        fragment: context.fragment(),
        summary: context.summary(),
        ..details::QueryContext::default()
    };
    match context {
        QueryContext::Sql(place) => details::QueryContext {
            context_type: ContextType::Sql.into(),
            start_index: place.start_index,
            stop_index: place.stop_index,
            ..common
        },
        QueryContext::DataFrame(call) => details::QueryContext {
            context_type: ContextType::Dataframe.into(),
            call_site: call.call_site.to_string(),
            ..common
        },
    }
}

const EXCEPTION: [&str; 3] = [
    "java.lang.Exception",
    "java.lang.Throwable",
    "java.lang.Object",
];

/// Kinds of `AnalysisException` that the catalog throws.
const CATALOG_EXCEPTIONS: [&str; 5] = [
    "org.apache.spark.sql.catalyst.analysis.NamespaceAlreadyExistsException",
    "org.apache.spark.sql.catalyst.analysis.TableAlreadyExistsException",
    "org.apache.spark.sql.catalyst.analysis.PartitionsAlreadyExistException",
    "org.apache.spark.sql.catalyst.analysis.NoSuchPartitionException",
    "org.apache.spark.sql.catalyst.analysis.NoSuchPartitionsException",
];

/// The Java classes of an error, most specific first. Spark's own classes carry an error class;
/// without one it is the plain Java class that is thrown.
fn hierarchy(error: &Error) -> Vec<&'static str> {
    const RUNTIME: &str = "java.lang.RuntimeException";
    const ANALYSIS: &str = "org.apache.spark.sql.AnalysisException";
    let (spark, rest): (Option<&str>, &[&str]) = match error.exception() {
        Exception::Analysis => (None, &[ANALYSIS]),
        Exception::ExtendedAnalysis => (
            None,
            &[
                "org.apache.spark.sql.catalyst.ExtendedAnalysisException",
                ANALYSIS,
            ],
        ),
        Exception::NoSuchNamespace => (
            None,
            &[
                "org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException",
                ANALYSIS,
            ],
        ),
        Exception::NoSuchTable => (
            None,
            &[
                "org.apache.spark.sql.catalyst.analysis.NoSuchTableException",
                ANALYSIS,
            ],
        ),
        Exception::NoSuchFunction => (
            None,
            &[
                "org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException",
                ANALYSIS,
            ],
        ),
        Exception::NoSuchTempFunction => (
            None,
            &[
                "org.apache.spark.sql.catalyst.analysis.NoSuchTempFunctionException",
                ANALYSIS,
            ],
        ),
        Exception::FunctionAlreadyExists => (
            None,
            &[
                "org.apache.spark.sql.catalyst.analysis.FunctionAlreadyExistsException",
                ANALYSIS,
            ],
        ),
        Exception::TempTableAlreadyExists => (
            None,
            &[
                "org.apache.spark.sql.catalyst.analysis.TempTableAlreadyExistsException",
                ANALYSIS,
            ],
        ),
        Exception::Catalog(name) => {
            let class = CATALOG_EXCEPTIONS
                .iter()
                .find(|class| class.ends_with(name));
            return [*class.unwrap_or(&ANALYSIS), ANALYSIS]
                .into_iter()
                .chain(EXCEPTION)
                .collect();
        }
        Exception::ClassNotFound => (
            None,
            &[
                "org.apache.spark.SparkClassNotFoundException",
                "java.lang.ClassNotFoundException",
                "java.lang.ReflectiveOperationException",
            ],
        ),
        Exception::Parse => (
            None,
            &[
                "org.apache.spark.sql.catalyst.parser.ParseException",
                ANALYSIS,
            ],
        ),
        Exception::Delta => (
            None,
            &[
                "org.apache.spark.sql.delta.DeltaAnalysisException",
                ANALYSIS,
            ],
        ),
        Exception::Sql => (
            None,
            &[
                "org.apache.spark.SparkSQLException",
                "java.sql.SQLException",
            ],
        ),
        Exception::Spark => (None, &["org.apache.spark.SparkException"]),
        Exception::Upgrade => (None, &["org.apache.spark.SparkUpgradeException", RUNTIME]),
        Exception::Java(class) => {
            return [class, "java.lang.IllegalArgumentException", RUNTIME]
                .into_iter()
                .chain(EXCEPTION)
                .collect();
        }
        Exception::Python => (
            None,
            &["org.apache.spark.api.python.PythonException", RUNTIME],
        ),
        Exception::InvalidPlanInput => (
            None,
            &["org.apache.spark.sql.connect.common.InvalidPlanInput"],
        ),
        Exception::Arithmetic => (
            Some("org.apache.spark.SparkArithmeticException"),
            &["java.lang.ArithmeticException", RUNTIME],
        ),
        Exception::ArrayIndex => (
            Some("org.apache.spark.SparkArrayIndexOutOfBoundsException"),
            &[
                "java.lang.ArrayIndexOutOfBoundsException",
                "java.lang.IndexOutOfBoundsException",
                RUNTIME,
            ],
        ),
        Exception::DateTime => (
            Some("org.apache.spark.SparkDateTimeException"),
            &["java.time.DateTimeException", RUNTIME],
        ),
        Exception::NumberFormat => (
            Some("org.apache.spark.SparkNumberFormatException"),
            &[
                "java.lang.NumberFormatException",
                "java.lang.IllegalArgumentException",
                RUNTIME,
            ],
        ),
        Exception::IllegalArgument => (
            Some("org.apache.spark.SparkIllegalArgumentException"),
            &["java.lang.IllegalArgumentException", RUNTIME],
        ),
        Exception::UnsupportedOperation => (
            Some("org.apache.spark.SparkUnsupportedOperationException"),
            &["java.lang.UnsupportedOperationException", RUNTIME],
        ),
        Exception::Runtime => (Some("org.apache.spark.SparkRuntimeException"), &[RUNTIME]),
        Exception::NoSuchElement => (
            Some("org.apache.spark.SparkNoSuchElementException"),
            &["java.util.NoSuchElementException", RUNTIME],
        ),
    };
    spark
        .filter(|_| error.class().is_some())
        .into_iter()
        .chain(rest.iter().copied())
        .chain(EXCEPTION)
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn shown(error: &Error) -> String {
        let status = spark_error(error, Some("id"));
        let decoded = RpcStatus::decode(status.details()).unwrap();
        let info = ErrorInfo::decode(decoded.details[0].value.as_slice()).unwrap();
        let mut metadata: Vec<_> = info.metadata.into_iter().collect();
        metadata.sort();
        format!("{:?} {} {metadata:?}", status.code(), info.reason)
    }

    #[test]
    fn errors_look_like_those_of_spark_4_1() {
        expect![[r#"Internal org.apache.spark.sql.AnalysisException [("classes", "[\"org.apache.spark.sql.AnalysisException\",\"java.lang.Exception\",\"java.lang.Throwable\",\"java.lang.Object\"]"), ("errorClass", "CANNOT_MODIFY_STATIC_CONFIG"), ("errorId", "id"), ("messageParameters", "{\"key\":\"\\\"spark.sql.warehouse.dir\\\"\"}"), ("sqlState", "46110")]"#]]
            .assert_eq(&shown(&Error::new("CANNOT_MODIFY_STATIC_CONFIG", [("key", "\"spark.sql.warehouse.dir\"")])));
        expect![[r#"Internal java.lang.UnsupportedOperationException [("classes", "[\"java.lang.UnsupportedOperationException\",\"java.lang.RuntimeException\",\"java.lang.Exception\",\"java.lang.Throwable\",\"java.lang.Object\"]"), ("errorId", "id")]"#]]
            .assert_eq(&shown(&Error::plain(Exception::UnsupportedOperation, "OPTYPE_NOT_SET not supported.")));
        assert_eq!(
            error_class(&spark_error(&Error::of("OPERATION_CANCELED"), None)).as_deref(),
            Some("OPERATION_CANCELED")
        );
        assert_eq!(error_class(&Status::unauthenticated("x")), None);
    }

    #[test]
    fn long_messages_are_cut_and_always_fit_the_trailers() {
        let ascii = spark_error(&Error::plain(Exception::Spark, "x".repeat(5000)), None);
        assert_eq!(ascii.message().len(), MESSAGE_CHARACTERS);
        assert!(ascii.message().ends_with("x..."));
        let wide = spark_error(&Error::plain(Exception::Spark, "é\n".repeat(5000)), None);
        let encoded: usize = wide
            .message()
            .bytes()
            .map(|b| if b.is_ascii_graphic() { 1 } else { 3 })
            .sum();
        assert!(
            encoded + wide.details().len() * 4 / 3 < 8192,
            "{encoded} {}",
            wide.details().len()
        );
        let short = spark_error(&Error::plain(Exception::Spark, "é"), None);
        assert_eq!(short.message(), "é");
    }

    #[test]
    fn retry_info_is_in_the_details() {
        let status = refusal(
            Code::Unavailable,
            "starting",
            Some(Duration::from_millis(1500)),
        );
        let decoded = RpcStatus::decode(status.details()).unwrap();
        let info = RetryInfo::decode(decoded.details[0].value.as_slice()).unwrap();
        let delay = info.retry_delay.unwrap();
        assert_eq!((delay.seconds, delay.nanos), (1, 500_000_000));
    }
}
