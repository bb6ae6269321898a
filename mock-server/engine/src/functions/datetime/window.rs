//! `window` and `window_time`: the tumbling or sliding window a moment lies in.
//!
//! A call is a value of its own only in name: rows without a moment vanish and rows in several
//! windows multiply, which `plan/relation/time_windows.rs` does below the value.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, TimestampMicrosecondArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimestampMicrosecondType};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::moment;
use crate::error::{Error, Result};
use crate::functions::kernel::Kernel;
use crate::functions::kernels::nested::struct_field;
use crate::functions::{Call, CastMode, Generator, cast};
use crate::plan::expression::evaluate;
use crate::plan::scope::Column;
use crate::plan::typed::Typed;

const KERNEL: &str = "time_window";
const DAY_US: i64 = 86_400_000_000;

/// Lengths in microseconds.
#[derive(Debug, Clone, Copy)]
struct Lengths {
    window: i64,
    slide: i64,
    start: i64,
}

impl Lengths {
    /// The start of the latest window that a moment lies in.
    fn latest(self, moment: i64) -> i64 {
        moment - (moment - self.start).rem_euclid(self.slide)
    }
}

/// `window(time, length, slide, start)`.
pub(super) fn window(call: &Call<'_>) -> Result<Typed> {
    call.arity(2..=4)?;
    let value = moment(call, 0)?;
    let window = length(call, 1, "windowDuration")?;
    let slide = match call.args.get(2) {
        Some(_) => length(call, 2, "slideDuration")?,
        None => window,
    };
    let start = match call.args.get(3) {
        Some(_) => length(call, 3, "startTime")?,
        None => 0,
    };
    let shown = format!(
        "\"window({}, {window}, {slide}, {start})\"",
        call.arg(0)?.name
    );
    let wrong = |name: &str, value: i64, range: &str| {
        Err(Error::new(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            [
                ("sqlExpr", shown.clone()),
                ("exprName", format!("`{name}`")),
                ("valueRange", range.to_owned()),
                ("currentValue", format!("{value}L")),
            ],
        )
        .at(call.origin.clone()))
    };
    if window <= 0 {
        return wrong("window_duration", window, "(0, 9223372036854775807]");
    }
    if slide <= 0 {
        return wrong("slide_duration", slide, "(0, 9223372036854775807]");
    }
    if slide > window {
        return Err(parameters(
            call,
            &shown,
            ("slide_duration", slide),
            "<=",
            ("window_duration", window),
        ));
    }
    if start.abs() >= slide {
        return Err(parameters(
            call,
            &shown,
            ("abs(start_time)", start),
            "<",
            ("slide_duration", slide),
        ));
    }
    let fields = bounds(&value.data_type);
    let (inner, lengths) = (
        fields.clone(),
        Lengths {
            window,
            slide,
            start,
        },
    );
    // Sliding windows come out of an `Expand`, whose columns may be null to Spark.
    let result = (DataType::Struct(fields), slide != window);
    let options = format!("{window} {slide} {start}");
    let found = Kernel::typed(
        KERNEL,
        options,
        result,
        vec![value.expr],
        "window",
        move |args| {
            let moments = args.array(0)?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            let starts = moments.unary(|at| lengths.latest(at));
            structs(&inner, starts, lengths.window)
        },
    );
    let metadata = HashMap::from([("spark.timeWindow".to_owned(), "true".to_owned())]);
    Ok(Typed {
        metadata: Arc::new(metadata),
        ..found.aliased("window")
    })
}

fn parameters(
    call: &Call<'_>,
    shown_call: &str,
    left: (&str, i64),
    operator: &str,
    right: (&str, i64),
) -> Error {
    let shown = |(name, value): (&str, i64)| [format!("`{name}`"), format!("{value}L")];
    let ([left_name, left_value], [right_name, right_value]) = (shown(left), shown(right));
    Error::new(
        "DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION",
        [
            ("sqlExpr", shown_call.to_owned()),
            ("leftExprName", left_name),
            ("leftExprValue", left_value),
            ("constraint", operator.to_owned()),
            ("rightExprName", right_name),
            ("rightExprValue", right_value),
        ],
    )
    .at(call.origin.clone())
}

fn bounds(moment: &DataType) -> Fields {
    Fields::from(vec![
        Field::new("start", moment.clone(), true),
        Field::new("end", moment.clone(), true),
    ])
}

fn structs(fields: &Fields, starts: TimestampMicrosecondArray, window: i64) -> Result<ArrayRef> {
    let nulls = starts.nulls().cloned();
    let ends = starts.unary::<_, TimestampMicrosecondType>(|start| start + window);
    let both: Vec<ArrayRef> = vec![Arc::new(starts), Arc::new(ends)];
    let columns = crate::types::arrow::relabel_all(&both, fields)?;
    Ok(Arc::new(StructArray::try_new(
        fields.clone(),
        columns,
        nulls,
    )?))
}

/// A constant interval of days and less, in microseconds.
fn length(call: &Call<'_>, index: usize, name: &str) -> Result<i64> {
    let arg = call.arg(index)?;
    if !arg.is_foldable() {
        return Err(Error::unsupported(format!(
            "`window` with a computed {name}"
        )));
    }
    let calendar = DataType::Interval(IntervalUnit::MonthDayNano);
    let value = match &arg.data_type {
        DataType::Utf8 => {
            let value = cast(call.context, arg.clone(), &calendar, CastMode::Legacy, None)?;
            evaluate(&value.expr)?
        }
        DataType::Int32 | DataType::Int64 => {
            evaluate(&call.implicit(index, &DataType::Int64)?.expr)?
        }
        _ => evaluate(&arg.expr)?,
    };
    match value {
        ScalarValue::Int64(Some(micros)) | ScalarValue::DurationMicrosecond(Some(micros)) => {
            Ok(micros)
        }
        ScalarValue::IntervalMonthDayNano(Some(parts)) if parts.months == 0 => {
            Ok(i64::from(parts.days) * DAY_US + parts.nanoseconds / 1000)
        }
        ScalarValue::IntervalMonthDayNano(Some(_)) => Err(Error::new(
            "_LEGACY_ERROR_TEMP_3231",
            [("interval", arg.name.to_string())],
        )),
        _ => Err(Error::new(
            "CANNOT_PARSE_INTERVAL",
            [("intervalString", format!("'{}'", arg.name))],
        )),
    }
}

/// The moment that a call of `window` asks about, and its windows as a list; `outer` says that there
/// is one for each moment, so that the call itself may stand for it.
pub(crate) fn parts(call: &Expr) -> Option<(Expr, Generator)> {
    let options = Kernel::options_of(call, KERNEL)?;
    let numbers: Vec<i64> = options.split(' ').filter_map(|n| n.parse().ok()).collect();
    let [window, slide, start] = *numbers.as_slice() else {
        return None;
    };
    let Expr::ScalarFunction(function) = call else {
        return None;
    };
    let moment = function.args.first()?.clone();
    let data_type = function.func.return_type(&[]).ok()?;
    let DataType::Struct(fields) = data_type.clone() else {
        return None;
    };
    let lengths = Lengths {
        window,
        slide,
        start,
    };
    let element = Arc::new(Field::new("element", data_type.clone(), false));
    let result = (DataType::List(Arc::clone(&element)), false);
    let list = Kernel::call(
        "time_windows",
        options,
        result,
        vec![moment.clone()],
        move |args| {
            let moments = args.array(0)?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            let (mut starts, mut counts) = (Vec::new(), Vec::with_capacity(args.rows));
            for moment in moments {
                let before = starts.len();
                if let Some(moment) = moment {
                    let mut start = lengths.latest(moment);
                    while start + lengths.window > moment {
                        starts.push(start);
                        start -= lengths.slide;
                    }
                }
                counts.push(starts.len() - before);
            }
            let items = structs(&fields, starts.into(), lengths.window)?;
            let offsets = OffsetBuffer::from_lengths(counts);
            let element = Arc::clone(&element);
            Ok(Arc::new(ListArray::try_new(element, offsets, items, None)?))
        },
    );
    let generator = Generator {
        list,
        columns: vec![Column::new("window", data_type, false)],
        is_struct: false,
        outer: window == slide,
    };
    Some((moment, generator))
}

/// `window_time(window)`: the last microsecond that belongs to a window.
pub(super) fn window_time(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = call.arg(0)?;
    let end = match &arg.data_type {
        DataType::Struct(fields) if fields.len() == 2 && fields[1].name() == "end" => {
            fields[1].data_type().clone()
        }
        _ => return Err(call.unexpected_type(0, "STRUCT<start, end>")),
    };
    let to = end.clone();
    let name = format!("window_time({})", arg.output_name());
    let exprs = vec![arg.expr.clone()];
    let found = Kernel::typed("window_time", "", (end, true), exprs, name, move |args| {
        let ends = struct_field(&args.array(0)?, 1)?;
        let ends = ends.as_primitive::<TimestampMicrosecondType>();
        let last: ArrayRef = Arc::new(ends.unary::<_, TimestampMicrosecondType>(|end| end - 1));
        crate::types::arrow::relabel(&last, &to)
    });
    // The rule that resolves it gives the column its name.
    let name = Arc::clone(&found.name);
    Ok(found.aliased(name))
}
