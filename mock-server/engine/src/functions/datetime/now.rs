//! The moment of the query, and the internal forms of literals that depend on the session.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::text::literal_name;
use crate::functions::kernels::zone::{self, Zone};
use crate::plan::typed::Typed;
use crate::types::arrow::{TIMESTAMP_NTZ, timestamp};

pub(super) fn current_date(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    let today = Zone::Region(call.context.time_zone)
        .local(call.context.now_us)
        .div_euclid(DAY);
    let value = ScalarValue::Date32(i32::try_from(today).ok());
    Ok(Typed::literal(value, DataType::Date32, "current_date()"))
}

pub(super) fn current_timestamp(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    let value = ScalarValue::TimestampMicrosecond(Some(call.context.now_us), Some("UTC".into()));
    Ok(Typed::literal(value, timestamp(), call.default_name()))
}

pub(super) fn localtimestamp(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    let local = Zone::Region(call.context.time_zone).local(call.context.now_us);
    let value = ScalarValue::TimestampMicrosecond(Some(local), None);
    Ok(Typed::literal(value, TIMESTAMP_NTZ, call.default_name()))
}

pub(super) fn current_timezone(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    let value = ScalarValue::Utf8(Some(call.context.time_zone.name().to_owned()));
    Ok(Typed::literal(value, DataType::Utf8, call.default_name()))
}

/// `TIMESTAMP'…'`: local time in the zone it names, or the session's.
pub(super) fn timestamp_literal(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let Some(ScalarValue::TimestampMicrosecond(Some(local), None)) = call.arg(0)?.constant() else {
        return Err(Error::invalid_plan("a timestamp literal without a value"));
    };
    let zone = match call.args.get(1).and_then(Typed::constant_str) {
        Some(name) => {
            zone::parse(name).ok_or_else(|| Error::new("INVALID_TIMEZONE", [("timeZone", name)]))?
        }
        None => Zone::Region(call.context.time_zone),
    };
    let value = ScalarValue::TimestampMicrosecond(Some(zone.instant(*local)), Some("UTC".into()));
    let name = literal_name(&value, call.context.time_zone);
    Ok(Typed::literal(value, timestamp(), name))
}

/// `condition IS UNKNOWN`.
pub(super) fn is_unknown(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let condition = call.implicit(0, &DataType::Boolean)?;
    let name = format!("({} IS NULL)", condition.name);
    let expr = Expr::IsNull(Box::new(condition.expr));
    Ok(Typed::new(expr, DataType::Boolean, false, name))
}
