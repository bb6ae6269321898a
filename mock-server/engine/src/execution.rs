//! What running a plan yields: rows as a stream, or the result of a command.
//!
//! Knows no IPC framing and no response numbering; the server does both.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use parking_lot::Mutex;
use sparring_proto::connect::{self as proto, execute_plan_response::ResponseType};

use crate::error::Result;

/// The answer to one plan.
pub struct Execution {
    /// The rows, for a relation.
    pub rows: Option<Rows>,
    /// Responses of a command in the order they are sent, such as `sql_command_result`.
    pub responses: Vec<ResponseType>,
    /// Values of `observe`; complete once the rows have been read to their end.
    pub observed: Arc<Mutex<Vec<ObservedMetrics>>>,
    /// Execution metrics; complete once the rows have been read to their end.
    pub metrics: Arc<Mutex<Vec<Metric>>>,
}

/// A stream of batches in exactly the schema that Spark would send.
pub struct Rows {
    /// The Spark schema: a struct type.
    pub schema: proto::DataType,
    /// The same as Arrow; every batch has it, duplicate names included.
    pub arrow_schema: SchemaRef,
    /// The batches; may be empty, the server then sends one batch without rows.
    pub batches: BoxStream<'static, Result<RecordBatch>>,
}

/// The values of one `observe`.
#[derive(Debug, Clone)]
pub struct ObservedMetrics {
    /// The observation's name.
    pub name: String,
    /// The metrics' names, in order.
    pub keys: Vec<String>,
    /// Their values, in the same order.
    pub values: Vec<proto::expression::Literal>,
    /// The plan id of the observed relation.
    pub plan_id: i64,
}

/// Metrics of one physical operator.
#[derive(Debug, Clone)]
pub struct Metric {
    /// The operator's name.
    pub name: String,
    /// Its id and its parent's.
    pub plan_id: i64,
    /// The operator above it.
    pub parent: i64,
    /// Values by metric name.
    pub values: BTreeMap<String, i64>,
}
