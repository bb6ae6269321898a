//! What goes wrong, in Spark's vocabulary: error class, SQLSTATE, message parameters, query context.
//!
//! Knows no gRPC code and no HTTP status; the server's `status.rs` does that mapping.

mod conditions;
mod context;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use parquet::errors::ParquetError;
use sparring_proto::MissingField;
use sparring_sql::{ParseError, RaisedBy, Showing};

pub use conditions::Exception;
use conditions::{Condition, condition};
pub use context::{DataFrameContext, QueryContext, SqlContext};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure with Spark's class, state and parameters.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    class: Option<String>,
    sql_state: Option<&'static str>,
    exception: Exception,
    parameters: BTreeMap<String, String>,
    message: String,
    context: Option<QueryContext>,
    /// Whether it is to have no place, whatever it passes through.
    is_placeless: bool,
    /// Whether the message is all there is to say: the parser's own.
    is_whole: bool,
    hint: Option<String>,
}

impl Error {
    /// An error of a Spark class known to the table in `conditions.rs`; the message is that
    /// class's template with `parameters` filled in.
    pub fn new<K: Into<String>, V: Into<String>>(
        class: &'static str,
        parameters: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let parameters: BTreeMap<String, String> = parameters
            .into_iter()
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        let Condition {
            sql_state,
            exception,
            template,
            ..
        } = condition(class);
        let message = render(template, &parameters);
        Self(Box::new(Inner {
            class: Some(class.to_owned()),
            sql_state: Some(sql_state),
            exception: *exception,
            parameters,
            message,
            context: None,
            is_placeless: false,
            is_whole: false,
            hint: None,
        }))
    }

    /// An error of a Spark class without parameters.
    pub fn of(class: &'static str) -> Self {
        Self::new(class, std::iter::empty::<(String, String)>())
    }

    /// A failure that Spark reports without an error class, as a bare Java exception.
    pub fn plain(exception: Exception, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            class: None,
            sql_state: None,
            exception,
            parameters: BTreeMap::new(),
            message: message.into(),
            context: None,
            is_placeless: false,
            is_whole: false,
            hint: None,
        }))
    }

    /// Something of Spark that this server does not offer, refused by its name.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(
            "UNSUPPORTED_FEATURE.NOT_OFFERED",
            [("feature", what.into())],
        )
    }

    /// A fault of ours, never of the user.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("INTERNAL_ERROR", [("message", message.into())])
    }

    /// A plan that no client should send: a field unset, a value out of range.
    pub fn invalid_plan(message: impl Into<String>) -> Self {
        Self::internal(message).thrown_as(Exception::InvalidPlanInput)
    }

    /// The same error with another value for a parameter; the message follows.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.parameters.insert(name.to_owned(), value.into());
        if let Some(class) = &self.0.class {
            self.0.message = render(condition(class).template, &self.0.parameters);
        }
        self
    }

    /// The same error, pointing at where it arose. A place already known is kept, since
    /// the innermost one is the most exact.
    #[must_use]
    pub fn at(mut self, context: Option<QueryContext>) -> Self {
        if self.0.context.is_none() && !self.0.is_placeless {
            self.0.context = context;
        }
        self
    }

    /// The same error, which Spark shows no place of: one of a whole plan, say.
    #[must_use]
    pub fn placeless(mut self) -> Self {
        self.0.context = None;
        self.0.is_placeless = true;
        self
    }

    /// The same error without a place: the text it is about is no SQL statement.
    #[must_use]
    pub fn without_place(mut self) -> Self {
        self.0.context = None;
        self
    }

    /// The same error as another Java exception: Spark throws some classes as several.
    #[must_use]
    pub fn thrown_as(mut self, exception: Exception) -> Self {
        self.0.exception = exception;
        self
    }

    /// The same error with a sentence that tells the remedy, where Spark's own text does not.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Spark's error class, such as `DIVIDE_BY_ZERO`.
    pub fn class(&self) -> Option<&str> {
        self.0.class.as_deref()
    }

    /// The SQLSTATE of the class.
    pub fn sql_state(&self) -> Option<&str> {
        self.0.sql_state
    }

    /// The Java exception that Spark would have thrown; clients choose their own class by it.
    pub fn exception(&self) -> Exception {
        self.0.exception
    }

    /// Message parameters by name.
    pub fn parameters(&self) -> &BTreeMap<String, String> {
        &self.0.parameters
    }

    /// Where it arose, if that is known.
    pub fn context(&self) -> Option<&QueryContext> {
        self.0.context.as_ref()
    }

    /// The whole message as Spark's clients show it.
    pub fn message(&self) -> String {
        let mut text = match (&self.0.class, self.0.sql_state) {
            // A parse error brings its whole text, position and fragment included.
            (Some(_), _) if self.0.exception == Exception::Parse && self.0.is_whole => {
                self.0.message.clone()
            }
            (Some(class), Some(state)) if self.0.exception == Exception::Parse => {
                let place = self.0.context.as_ref().map(QueryContext::summary);
                format!(
                    "\n[{class}] {} SQLSTATE: {state}\n{}",
                    self.0.message,
                    place.unwrap_or_default()
                )
            }
            (Some(class), _) if class.starts_with("_LEGACY") => self.0.message.clone(),
            (Some(class), Some(state)) => {
                format!("[{class}] {} SQLSTATE: {state}", self.0.message)
            }
            _ => self.0.message.clone(),
        };
        if let Some(hint) = &self.0.hint {
            text.push_str("\nhint: ");
            text.push_str(hint);
        }
        if let Some(context) = &self.0.context
            && self.0.exception != Exception::Parse
        {
            match (self.0.exception, context) {
                // An analysis error names line and position; a runtime error shows the fragment.
                (
                    Exception::Analysis
                    | Exception::ExtendedAnalysis
                    | Exception::NoSuchNamespace
                    | Exception::NoSuchTable
                    | Exception::NoSuchFunction
                    | Exception::NoSuchTempFunction
                    | Exception::FunctionAlreadyExists
                    | Exception::TempTableAlreadyExists
                    | Exception::Catalog(_),
                    place,
                ) => {
                    if let QueryContext::Sql(place) = place {
                        text.push_str(&format!(
                            "; line {} pos {}",
                            place.line, place.start_position
                        ));
                    }
                }
                _ if context.is_nowhere() => {}
                _ => {
                    text.push('\n');
                    text.push_str(&context.summary());
                }
            }
        }
        text
    }
}

/// Fills `<name>` places of a template.
fn render(template: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        let after = &rest[open + 1..];
        match after
            .find('>')
            .map(|close| (&after[..close], &after[close + 1..]))
        {
            Some((name, tail)) if parameters.contains_key(name) => {
                out.push_str(&parameters[name]);
                rest = tail;
            }
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("class", &self.0.class)
            .field("message", &self.0.message)
            .field("context", &self.0.context)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Error {}

impl From<MissingField> for Error {
    fn from(missing: MissingField) -> Self {
        Self::invalid_plan(missing.to_string())
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        let known = condition(error.class);
        Self(Box::new(Inner {
            class: Some(error.class.to_owned()),
            // Classes of old messages have no state, and no row here.
            sql_state: Some(match error.sql_state {
                Some(state) => state,
                None if error.class.starts_with("_LEGACY") => "",
                None => known.sql_state,
            }),
            exception: match error.raised_by {
                RaisedBy::Parser => Exception::Parse,
                RaisedBy::Analyzer => Exception::ExtendedAnalysis,
                RaisedBy::Arithmetic => Exception::Arithmetic,
                RaisedBy::Argument => Exception::IllegalArgument,
            },
            parameters: error.parameters.clone(),
            // Only a parse error brings its whole text.
            message: match error.raised_by {
                RaisedBy::Parser => error.message(),
                _ => error.reason.clone(),
            },
            context: (error.showing == Showing::Context && error.raised_by != RaisedBy::Arithmetic)
                .then(|| place(&error)),
            is_placeless: false,
            is_whole: error.raised_by == RaisedBy::Parser,
            hint: None,
        }))
    }
}

fn place(error: &ParseError) -> QueryContext {
    let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    QueryContext::Sql(SqlContext {
        start_index: number(error.start),
        stop_index: number(error.stop),
        line: number(error.line),
        start_position: number(error.position),
        sql_text: error.sql_text.as_str().into(),
    })
}

/// Kernels raise our errors through DataFusion; this finds the one inside.
impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Error>() {
                Ok(ours) => *ours,
                Err(other) => match other.downcast::<DataFusionError>() {
                    Ok(nested) => Self::from(*nested),
                    Err(other) => Self::internal(other.to_string()),
                },
            },
            DataFusionError::ArrowError(inner, _) => Self::from(*inner),
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::from(*inner)
            }
            DataFusionError::Shared(inner) => match Arc::try_unwrap(inner) {
                Ok(inner) => Self::from(inner),
                Err(shared) => find_shared(&shared),
            },
            DataFusionError::Collection(errors) => errors.into_iter().next().map_or_else(
                || Self::internal("an empty collection of errors"),
                Self::from,
            ),
            DataFusionError::ResourcesExhausted(message) => {
                Self::new("OUT_OF_MEMORY", [("message", message)])
            }
            DataFusionError::ParquetError(inner) => match *inner {
                ParquetError::External(inner) => Self::from(DataFusionError::External(inner)),
                other => Self::internal(format!("Parquet error: {other}")),
            },
            // DataFusion has no error of its own for it.
            DataFusionError::Execution(message) if message.contains(TOO_MANY_ROWS) => {
                Self::of("SCALAR_SUBQUERY_TOO_MANY_ROWS")
            }
            other => Self::internal(other.to_string()),
        }
    }
}

/// What DataFusion says when a scalar subquery yields more than one row.
const TOO_MANY_ROWS: &str = "Scalar subquery returned more than one row";

fn find_shared(shared: &DataFusionError) -> Error {
    match shared {
        DataFusionError::External(inner) => match inner.downcast_ref::<Error>() {
            Some(ours) => ours.clone(),
            None => Error::internal(inner.to_string()),
        },
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            ArrowError::ExternalError(inner) => match inner.downcast_ref::<Error>() {
                Some(ours) => ours.clone(),
                None => Error::internal(inner.to_string()),
            },
            other => Error::internal(other.to_string()),
        },
        DataFusionError::ParquetError(inner) => match inner.as_ref() {
            ParquetError::External(inner) => match inner.downcast_ref::<Error>() {
                Some(ours) => ours.clone(),
                None => Error::internal(inner.to_string()),
            },
            other => Error::internal(other.to_string()),
        },
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            find_shared(inner)
        }
        DataFusionError::Shared(inner) => find_shared(inner),
        // What builds a join's hash table is shared by all partitions, and so is its failure.
        DataFusionError::ResourcesExhausted(message) => {
            Error::new("OUT_OF_MEMORY", [("message", message.clone())])
        }
        other => Error::internal(other.to_string()),
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::ExternalError(inner) => match inner.downcast::<Error>() {
                Ok(ours) => *ours,
                Err(other) => match other.downcast::<DataFusionError>() {
                    Ok(nested) => Self::from(*nested),
                    Err(other) => Self::internal(other.to_string()),
                },
            },
            ArrowError::DivideByZero => Self::new("DIVIDE_BY_ZERO", [("config", ANSI)]),
            other => Self::internal(other.to_string()),
        }
    }
}

/// How Spark names the switch in messages: quoted.
pub(crate) const ANSI: &str = "\"spark.sql.ansi.enabled\"";

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        DataFusionError::External(Box::new(error))
    }
}

impl From<Error> for ArrowError {
    fn from(error: Error) -> Self {
        ArrowError::ExternalError(Box::new(error))
    }
}
