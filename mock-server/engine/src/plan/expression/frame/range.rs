//! RANGE frames with offsets: a sort key and bounds whose sums DataFusion computes as Spark does.

use arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Sort as SortExpr;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, WindowFrameBound, WindowFrameUnits};
use std::cmp::Ordering;
use std::sync::Arc;

use super::{Bound, Frame, Key, first_row, framed, last_row, sorts};
use crate::error::Result;
use crate::functions::kernel::Kernel;
use crate::functions::kernels::longs::longs;
use crate::functions::{CastMode, cast, comparable};
use crate::plan::Planner;
use crate::plan::expression::window::as_i64;
use crate::plan::typed::Typed;
use crate::types::arrow::TIMESTAMP_NTZ;

const DAY_US: i64 = 86_400_000_000;

impl Planner<'_> {
    /// A RANGE frame that passed the checks.
    pub(super) fn range_frame(&self, lower: &Bound, upper: &Bound, keys: &[Key]) -> Result<Frame> {
        let order = sorts(keys);
        let units = WindowFrameUnits::Range;
        let [key] = keys else {
            let plain = |bound: &Bound, edge: WindowFrameBound| match bound {
                Bound::Unbounded => edge,
                Bound::CurrentRow | Bound::Value(_) => WindowFrameBound::CurrentRow,
            };
            let (start, end) = (plain(lower, first_row()), plain(upper, last_row()));
            return Ok(framed(units, (start, end), order, None));
        };
        let is_null = |bound: &Bound| bound.value().is_some_and(|o| o.folded.is_null());
        let nulls_first = key.sort.nulls_first;
        // A null offset makes a null bound, and the rows from it or up to it are all rows or the
        // nulls, whichever end nulls stand at.
        let (mut no_start, mut no_end) = (false, false);
        let mut only_nulls = false;
        if is_null(lower) {
            no_start = nulls_first;
            only_nulls |= !nulls_first;
        }
        if is_null(upper) {
            no_end = !nulls_first;
            only_nulls |= nulls_first;
        }
        let lower = if no_start { &Bound::Unbounded } else { lower };
        let upper = if no_end { &Bound::Unbounded } else { upper };
        let key_is_null = Expr::IsNull(Box::new(key.value.expr.clone()));
        if only_nulls {
            let all = match nulls_first {
                true => matches!(lower, Bound::Unbounded),
                false => matches!(upper, Bound::Unbounded),
            };
            let bounds = if all {
                (first_row(), last_row())
            } else {
                (WindowFrameBound::CurrentRow, WindowFrameBound::CurrentRow)
            };
            return Ok(framed(units, bounds, order, Some(key_is_null)));
        }
        let (sort_key, offsets) = self.addable(key, [lower, upper])?;
        let [start, end] = offsets;
        if let Some(delta) = empty_by(&start, &end) {
            // Nothing lies between, but for rows whose key the offset does not move.
            let mut only = key_is_null;
            if matches!(sort_key.1, DataType::Float32 | DataType::Float64) {
                let offset = Box::new(Expr::Literal(delta, None));
                let key = Box::new(sort_key.0.clone());
                let moved = Expr::BinaryExpr(BinaryExpr::new(key.clone(), Operator::Plus, offset));
                let stays = BinaryExpr::new(Box::new(moved), Operator::Eq, key);
                let stays = Expr::BinaryExpr(stays);
                only = Expr::BinaryExpr(BinaryExpr::new(
                    Box::new(only),
                    Operator::Or,
                    Box::new(stays),
                ));
            }
            let here = || WindowFrameBound::CurrentRow;
            return Ok(framed(units, (here(), here()), order, Some(only)));
        }
        let order = vec![SortExpr::new(sort_key.0, key.sort.asc, nulls_first)];
        let bounds = (end_of(start, first_row()), end_of(end, last_row()));
        Ok(framed(units, bounds, order, None))
    }

    /// The key as something that DataFusion adds offsets to as Spark does, and the offsets.
    fn addable(&self, key: &Key, bounds: [&Bound; 2]) -> Result<((Expr, DataType), [End; 2])> {
        let key_type = &key.value.data_type;
        let Some(first) = bounds.iter().find_map(|bound| bound.value()) else {
            let end = |bound: &Bound| match bound {
                Bound::CurrentRow => End::Current,
                Bound::Unbounded | Bound::Value(_) => End::Open,
            };
            let sort_key = (comparable(key.value.clone()), key_type.clone());
            return Ok((sort_key, bounds.map(end)));
        };
        let months = first.value.data_type == DataType::Interval(IntervalUnit::YearMonth);
        let is_time = matches!(key_type, DataType::Date32 | DataType::Timestamp(..));
        let number = matches!(key_type, DataType::Float32 | DataType::Float64)
            || matches!(key_type, DataType::Decimal128(..));
        let offset = |bound: &Bound| -> End {
            let Some(offset) = bound.value() else {
                return match bound {
                    Bound::CurrentRow => End::Current,
                    Bound::Unbounded | Bound::Value(_) => End::Open,
                };
            };
            End::Moved(match &offset.folded {
                value if number => value.clone(),
                ScalarValue::IntervalYearMonth(Some(n)) if is_time => {
                    let months = IntervalMonthDayNano::new(*n, 0, 0);
                    ScalarValue::IntervalMonthDayNano(Some(months))
                }
                ScalarValue::IntervalYearMonth(n) => ScalarValue::Int64(n.map(i64::from)),
                ScalarValue::DurationMicrosecond(us) if *key_type == DataType::Date32 => {
                    ScalarValue::Int64(us.map(|us| us / DAY_US))
                }
                ScalarValue::DurationMicrosecond(us) => ScalarValue::Int64(*us),
                other => ScalarValue::Int64(as_i64(other)),
            })
        };
        let offsets = bounds.map(offset);
        // Spark adds whole days and months to the local time, and what is less to the instant. What
        // DataFusion adds to is one or the other for the whole frame.
        let is_less_than_a_day = offsets.iter().all(|end| match end {
            End::Moved(ScalarValue::Int64(Some(us))) => us.abs() < DAY_US,
            _ => true,
        });
        let mut value = key.value.clone();
        let is_local = matches!(key_type, DataType::Timestamp(_, Some(_)))
            && self.context.time_zone != chrono_tz::UTC
            && (months || !is_less_than_a_day);
        if is_local {
            let mode = CastMode::implicit(self.context);
            value = cast(self.context, value, &TIMESTAMP_NTZ, mode, None)?;
        }
        let sort_key = if number || (months && is_time) {
            let data_type = value.data_type.clone();
            (comparable(value), data_type)
        } else {
            (as_long(value), DataType::Int64)
        };
        Ok((sort_key, offsets))
    }
}

/// One end of a RANGE frame in DataFusion's terms.
enum End {
    Open,
    Current,
    Moved(ScalarValue),
}

fn sign(value: &ScalarValue) -> Ordering {
    match value {
        ScalarValue::IntervalMonthDayNano(Some(interval)) => interval.months.cmp(&0),
        value => ScalarValue::new_zero(&value.data_type())
            .ok()
            .and_then(|zero| value.partial_cmp(&zero))
            .unwrap_or(Ordering::Equal),
    }
}

/// The offset by which a frame starts behind its end.
fn empty_by(start: &End, end: &End) -> Option<ScalarValue> {
    match (start, end) {
        (End::Moved(offset), End::Current) if sign(offset) == Ordering::Greater => {
            Some(offset.clone())
        }
        (End::Current, End::Moved(offset)) if sign(offset) == Ordering::Less => {
            Some(offset.clone())
        }
        _ => None,
    }
}

fn end_of(end: End, open: WindowFrameBound) -> WindowFrameBound {
    match end {
        End::Open => open,
        End::Current => WindowFrameBound::CurrentRow,
        End::Moved(offset) => match sign(&offset) {
            Ordering::Equal => WindowFrameBound::CurrentRow,
            Ordering::Greater => WindowFrameBound::Following(offset),
            Ordering::Less => {
                let offset = match offset {
                    ScalarValue::IntervalMonthDayNano(Some(by)) => {
                        let by = IntervalMonthDayNano::new(by.months.saturating_neg(), 0, 0);
                        ScalarValue::IntervalMonthDayNano(Some(by))
                    }
                    ScalarValue::Int64(by) => ScalarValue::Int64(by.map(i64::saturating_neg)),
                    other => other.arithmetic_negate().unwrap_or(other),
                };
                WindowFrameBound::Preceding(offset)
            }
        },
    }
}

/// Whole numbers, days, months and microseconds as bigint, in the same order.
fn as_long(value: Typed) -> Expr {
    let from = value.data_type.clone();
    if from == DataType::Int64 {
        return value.expr;
    }
    let result = (DataType::Int64, value.nullable);
    Kernel::call(
        "range_key",
        from.to_string(),
        result,
        vec![value.expr],
        |args| Ok(Arc::new(longs(&args.array(0)?)?)),
    )
}
