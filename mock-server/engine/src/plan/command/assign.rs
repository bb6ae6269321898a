//! Store assignment: which values may go into a column of another type, and how those fail that do
//! not fit (`DataTypeUtils.canWrite`, `TableOutputResolver`, `CheckOverflowInTableInsert`).
//!
//! Knows one value and one column; which belong together is decided in `align.rs`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Fields};
use chrono_tz::Tz;

use super::align::By;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::cast::{self as kernels, Cast, pair};
use crate::functions::kernels::nested::struct_field;
use crate::functions::{CastMode, cast};
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::arrow::{relabel, same_shape};
use crate::types::coerce::{is_atomic, is_numeric};
use crate::types::names::{quote, quote_parts};
use crate::types::proto::CHAR_VARCHAR;
use crate::types::simple_string;

/// `spark.sql.storeAssignmentPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Ansi,
    Strict,
    Legacy,
}

impl Policy {
    fn of(context: &Context) -> Self {
        let conf = context.session.conf();
        let policy = conf.option("spark.sql.storeAssignmentPolicy");
        match policy.map(|policy| policy.to_uppercase()).as_deref() {
            Some("STRICT") => Self::Strict,
            Some("LEGACY") => Self::Legacy,
            _ => Self::Ansi,
        }
    }

    fn mode(self) -> CastMode {
        match self {
            Self::Legacy => CastMode::Legacy,
            Self::Ansi | Self::Strict => CastMode::Ansi,
        }
    }
}

/// A value in the type of its column; casts that could lose meaning are refused.
pub(super) fn assigned(
    context: &Context,
    value: Typed,
    field: &Field,
    table: &str,
    by: By,
) -> Result<Typed> {
    let to = field.data_type();
    let policy = Policy::of(context);
    let value = if value.data_type == *to {
        value
    } else if value.data_type == DataType::Null && policy != Policy::Strict {
        Typed::null(to.clone())
    } else {
        let checks = Checks {
            table,
            by,
            policy,
            time_zone: context.time_zone,
            now_us: context.now_us,
        };
        let mut path = vec![field.name().clone()];
        let step = checks.step(&value.data_type, to, &mut path)?;
        stepped(context, value, to, policy, step)?
    };
    Ok(match limit(field) {
        Some(limit) => limited(value, limit),
        None => value,
    })
}

/// Whether a value of one type may be stored in a column of another under the standard policy.
pub(super) fn assignable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    if same_shape(from, to) || *from == T::Null {
        return true;
    }
    let is_time = |found: &T| matches!(found, T::Date32 | T::Timestamp(..));
    match (from, to) {
        (from, T::Utf8) => is_atomic(from),
        (from, to) if is_numeric(from) && is_numeric(to) => true,
        (from, to) => is_time(from) && is_time(to),
    }
}

/// What becomes of the values of one type.
enum Step {
    Same(DataType),
    /// A cast, whose overflow is reported of the column of this name.
    Cast(Box<Cast>, String),
    List(Arc<Field>, Box<Step>),
    Map(Arc<Field>, bool, [Box<Step>; 2]),
    /// Each field of the result with the place of the one it is made of.
    Struct(Fields, Vec<(usize, Step)>),
}

struct Checks<'a> {
    table: &'a str,
    by: By,
    policy: Policy,
    time_zone: Tz,
    now_us: i64,
}

impl Checks<'_> {
    fn error(&self, class: &'static str, path: &[String]) -> Error {
        Error::new(
            class,
            [
                ("tableName", self.table.to_owned()),
                ("colName", quote_parts(path)),
            ],
        )
    }

    fn step(&self, from: &DataType, to: &DataType, path: &mut Vec<String>) -> Result<Step> {
        let mut inner = |name: &str, from: &Field, to: &Field| {
            path.push(name.to_owned());
            let step = self.step(from.data_type(), to.data_type(), path);
            path.pop();
            step.map(Box::new)
        };
        match (from, to) {
            (from, to) if same_shape(from, to) && self.by == By::Place => {
                Ok(Step::Same(to.clone()))
            }
            (DataType::List(a), DataType::List(b)) => {
                Ok(Step::List(Arc::clone(b), inner("element", a, b)?))
            }
            (DataType::Map(a, _), DataType::Map(b, sorted)) => {
                let (Some((ak, av)), Some((bk, bv))) = (pair(a), pair(b)) else {
                    return Err(Error::internal("a map without entries"));
                };
                let steps = [inner("key", ak, bk)?, inner("value", av, bv)?];
                Ok(Step::Map(Arc::clone(b), *sorted, steps))
            }
            (DataType::Struct(a), DataType::Struct(b)) => self.structure(a, b, path),
            (from, to) if same_shape(from, to) => Ok(Step::Same(to.clone())),
            (from, to) => self.leaf(from, to, path),
        }
    }

    fn leaf(&self, from: &DataType, to: &DataType, path: &[String]) -> Result<Step> {
        let allowed = match self.policy {
            Policy::Legacy => true,
            Policy::Ansi => assignable(from, to),
            Policy::Strict => *from != DataType::Null && kernels::up_castable(from, to),
        };
        if !allowed {
            let shown = |found| format!("\"{}\"", simple_string(found).to_uppercase());
            return Err(self
                .error("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST", path)
                .with("srcType", shown(from))
                .with("targetType", shown(to)));
        }
        let job = Cast {
            from: from.clone(),
            to: to.clone(),
            mode: self.policy.mode(),
            time_zone: self.time_zone,
            now_us: self.now_us,
            origin: None,
            fields: None,
        };
        Ok(Step::Cast(Box::new(job), quote_parts(path)))
    }

    fn structure(&self, from: &Fields, to: &Fields, path: &mut Vec<String>) -> Result<Step> {
        let names = |fields: &[&Arc<Field>]| {
            let names: Vec<String> = fields.iter().map(|field| quote(field.name())).collect();
            names.join(", ")
        };
        let extra = |fields: &[&Arc<Field>], path: &[String]| {
            self.error("INCOMPATIBLE_DATA_FOR_TABLE.EXTRA_STRUCT_FIELDS", path)
                .with("extraFields", names(fields))
        };
        let same = |a: &Field, b: &Field| a.name().eq_ignore_ascii_case(b.name());
        if self.by == By::Place {
            if to.len() > from.len() {
                let missing: Vec<_> = to.iter().skip(from.len()).collect();
                return Err(self
                    .error("INCOMPATIBLE_DATA_FOR_TABLE.STRUCT_MISSING_FIELDS", path)
                    .with("missingFields", names(&missing)));
            }
            if from.len() > to.len() {
                return Err(extra(&from.iter().skip(to.len()).collect::<Vec<_>>(), path));
            }
        }
        let mut steps = Vec::with_capacity(to.len());
        for (index, field) in to.iter().enumerate() {
            path.push(field.name().clone());
            let place = match self.by {
                By::Place => Some(index),
                By::Name => from.iter().position(|f| same(f, field)),
            };
            let Some(place) = place else {
                return Err(self.error("INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_FIND_DATA", path));
            };
            let step = self.step(from[place].data_type(), field.data_type(), path)?;
            steps.push((place, step));
            path.pop();
        }
        let unused: Vec<_> = from
            .iter()
            .filter(|f| !to.iter().any(|field| same(f, field)))
            .collect();
        if self.by == By::Name && !unused.is_empty() {
            return Err(extra(&unused, path));
        }
        Ok(Step::Struct(to.clone(), steps))
    }
}

/// The value with a step done.
fn stepped(
    context: &Context,
    value: Typed,
    to: &DataType,
    policy: Policy,
    step: Step,
) -> Result<Typed> {
    match &step {
        Step::Same(_) => {
            return Ok(Typed {
                data_type: to.clone(),
                ..value
            });
        }
        // What cannot overflow is a cast like any other, which plans know.
        Step::Cast(job, _) if policy == Policy::Legacy || !is_numeric(&job.to) => {
            return cast(context, value, to, policy.mode(), None);
        }
        _ => {}
    }
    let options = format!("{:?} {step:?} {to:?}", value.data_type);
    let nullable = value.nullable || kernels::may_null(&value.data_type, to, policy.mode());
    let expr = Kernel::call(
        "assign",
        options,
        (to.clone(), nullable),
        vec![value.expr],
        move |args| step.run(&args.array(0)?),
    );
    Ok(Typed {
        expr,
        data_type: to.clone(),
        nullable,
        id: None,
        ..value
    })
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Same(data_type) => write!(f, "{data_type}"),
            Self::Cast(job, column) => write!(f, "{} of {column}", job.identity()),
            Self::List(_, step) => write!(f, "[{step:?}]"),
            Self::Map(_, _, [key, value]) => write!(f, "{{{key:?}: {value:?}}}"),
            Self::Struct(_, steps) => f.debug_list().entries(steps).finish(),
        }
    }
}

impl Step {
    fn run(&self, array: &ArrayRef) -> Result<ArrayRef> {
        match self {
            Self::Same(to) => relabel(array, to),
            Self::Cast(job, column) => job
                .run(array)
                .map_err(|error| overflowed(error, job, column)),
            Self::List(item, step) => {
                let (_, offsets, values, nulls) = array.as_list::<i32>().clone().into_parts();
                let values = step.run(&values)?;
                let list = ListArray::try_new(Arc::clone(item), offsets, values, nulls)?;
                Ok(Arc::new(list))
            }
            Self::Map(entries, sorted, [key, value]) => {
                let (_, offsets, values, nulls, _) = array.as_map().clone().into_parts();
                let columns = vec![key.run(values.column(0))?, value.run(values.column(1))?];
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(Error::internal("a map without entries"));
                };
                let values =
                    StructArray::try_new(fields.clone(), columns, values.nulls().cloned())?;
                let map = MapArray::try_new(Arc::clone(entries), offsets, values, nulls, *sorted)?;
                Ok(Arc::new(map))
            }
            Self::Struct(fields, steps) => {
                let nulls = array.as_struct().nulls().cloned();
                let columns = steps.iter().map(|(place, step)| {
                    // Nulls of the struct hide whatever lies below; it must not fail.
                    step.run(&struct_field(array, *place)?)
                });
                let columns = columns.collect::<Result<Vec<_>>>()?;
                let made =
                    StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len())?;
                Ok(Arc::new(made))
            }
        }
    }
}

fn overflowed(error: Error, job: &Cast, column: &str) -> Error {
    let class = error.class().unwrap_or_default();
    if class != "CAST_OVERFLOW" && !class.starts_with("NUMERIC_VALUE_OUT_OF_RANGE") {
        return error;
    }
    let shown = |found| format!("\"{}\"", crate::types::sql_name(found));
    Error::new(
        "CAST_OVERFLOW_IN_TABLE_INSERT",
        [
            ("sourceType", shown(&job.from)),
            ("targetType", shown(&job.to)),
            ("columnName", column.to_owned()),
        ],
    )
}

/// How long texts of a column may be: `CHAR(n)`, which pads, and `VARCHAR(n)`.
#[derive(Debug, Clone, Copy)]
struct Limit {
    length: usize,
    pads: bool,
}

fn limit(field: &Field) -> Option<Limit> {
    let noted = field.metadata().get(CHAR_VARCHAR)?.trim_matches('"');
    let (kind, length) = noted.strip_suffix(')')?.split_once('(')?;
    Some(Limit {
        length: length.parse().ok()?,
        pads: kind == "char",
    })
}

/// Texts no longer than the limit; blanks at the end may be cut for it.
fn limited(value: Typed, limit: Limit) -> Typed {
    let expr = Kernel::call(
        "limit_length",
        format!("{limit:?}"),
        (DataType::Utf8, value.nullable),
        vec![value.expr],
        move |args| {
            let texts = args.array(0)?;
            let fitted = texts.as_string::<i32>().iter();
            let fitted = fitted.map(|text| text.map(|text| limit.fit(text)).transpose());
            Ok(Arc::new(fitted.collect::<Result<StringArray>>()?) as ArrayRef)
        },
    );
    Typed {
        expr,
        id: None,
        ..value
    }
}

impl Limit {
    fn fit(self, text: &str) -> Result<String> {
        let n_chars = text.chars().count();
        if n_chars <= self.length {
            let blanks = if self.pads { self.length - n_chars } else { 0 };
            return Ok(format!("{text}{}", " ".repeat(blanks)));
        }
        let kept: String = text.chars().take(self.length).collect();
        if text.chars().skip(self.length).any(|c| c != ' ') {
            let limit = self.length.to_string();
            return Err(Error::new("EXCEED_LIMIT_LENGTH", [("limit", limit)]));
        }
        Ok(kept)
    }
}
