//! Functions of dates and times: the table; a file per family has the builders.

mod epoch;
mod extract;
mod make;
mod now;
mod shift;
mod text;
mod window;

pub(crate) use window::parts as time_window_parts;

use arrow::datatypes::DataType;

use super::kernels::zone::{self, Zone};
use super::{Call, Function, planned, scalar};
use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::arrow::{TIMESTAMP_NTZ, timestamp};

pub(super) const TABLE: &[Function] = &[
    scalar("add_months", shift::add_months),
    scalar("convert_timezone", shift::convert_timezone),
    scalar("curdate", now::current_date),
    scalar("current_date", now::current_date),
    scalar("current_timestamp", now::current_timestamp),
    scalar("current_timezone", now::current_timezone),
    scalar("date_add", |call| shift::date_add(call, 1)),
    scalar("date_diff", shift::date_diff),
    scalar("date_format", text::date_format),
    scalar("date_from_unix_date", epoch::date_from_unix_date),
    scalar("date_part", extract::extract),
    scalar("date_sub", |call| shift::date_add(call, -1)),
    scalar("date_trunc", shift::date_trunc),
    scalar("dateadd", |call| shift::date_add(call, 1)),
    scalar("datediff", shift::date_diff),
    scalar("datepart", extract::extract),
    scalar("day", extract::field),
    scalar("dayname", text::dayname),
    scalar("dayofmonth", extract::field),
    scalar("dayofweek", extract::field),
    scalar("dayofyear", extract::field),
    scalar("extract", extract::extract),
    scalar("from_unixtime", text::from_unixtime),
    scalar("from_utc_timestamp", |call| shift::utc(call, true)),
    scalar("hour", extract::field),
    scalar("is_unknown", now::is_unknown),
    scalar("last_day", shift::last_day),
    scalar("localtimestamp", now::localtimestamp),
    scalar("make_date", make::date),
    scalar("make_dt_interval", make::day_time),
    scalar("make_interval", |call| make::calendar(call, false)),
    scalar("make_timestamp", |call| {
        make::timestamp_of(call, timestamp(), false)
    }),
    scalar("make_timestamp_ltz", |call| {
        make::timestamp_of(call, timestamp(), false)
    }),
    scalar("make_timestamp_ntz", |call| {
        make::timestamp_of(call, TIMESTAMP_NTZ, false)
    }),
    scalar("make_ym_interval", make::year_month),
    scalar("minute", extract::field),
    scalar("month", extract::field),
    scalar("monthname", text::monthname),
    scalar("months_between", shift::months_between),
    scalar("next_day", shift::next_day),
    scalar("now", now::current_timestamp),
    scalar("quarter", extract::field),
    scalar("second", extract::field),
    planned("session_window"),
    scalar("timestamp_literal", now::timestamp_literal),
    scalar("timestamp_ltz_literal", now::timestamp_literal),
    scalar("timestamp_micros", |call| epoch::timestamp_from(call, 1)),
    scalar("timestamp_millis", |call| epoch::timestamp_from(call, 1000)),
    scalar("timestamp_seconds", |call| {
        epoch::timestamp_from(call, 1_000_000)
    }),
    scalar("timestampadd", shift::timestampadd),
    scalar("timestampdiff", shift::timestampdiff),
    scalar("to_date", |call| text::to_date(call, false)),
    scalar("to_timestamp", |call| {
        text::to_timestamp(call, timestamp(), false)
    }),
    scalar("to_timestamp_ltz", |call| {
        text::to_timestamp(call, timestamp(), false)
    }),
    scalar("to_timestamp_ntz", |call| {
        text::to_timestamp(call, TIMESTAMP_NTZ, false)
    }),
    scalar("to_unix_timestamp", text::unix_timestamp),
    scalar("to_utc_timestamp", |call| shift::utc(call, false)),
    scalar("trunc", shift::trunc),
    scalar("try_make_interval", |call| make::calendar(call, true)),
    scalar("try_make_timestamp", |call| {
        make::timestamp_of(call, timestamp(), true)
    }),
    scalar("try_make_timestamp_ltz", |call| {
        make::timestamp_of(call, timestamp(), true)
    }),
    scalar("try_make_timestamp_ntz", |call| {
        make::timestamp_of(call, TIMESTAMP_NTZ, true)
    }),
    scalar("try_to_date", |call| text::to_date(call, true)),
    scalar("try_to_timestamp", |call| {
        text::to_timestamp(call, timestamp(), true)
    }),
    scalar("unix_date", |call| epoch::unix(call, &DataType::Date32, 1)),
    scalar("unix_micros", |call| epoch::unix(call, &timestamp(), 1)),
    scalar("unix_millis", |call| epoch::unix(call, &timestamp(), 1000)),
    scalar("unix_seconds", |call| {
        epoch::unix(call, &timestamp(), 1_000_000)
    }),
    scalar("unix_timestamp", text::unix_timestamp),
    scalar("weekday", extract::field),
    scalar("weekofyear", extract::field),
    scalar("window", window::window),
    scalar("window_time", window::window_time),
    scalar("year", extract::field),
];

/// The argument as a moment: timestamps of both kinds as they are, anything else as `TIMESTAMP`.
fn moment(call: &Call<'_>, index: usize) -> Result<Typed> {
    match call.arg(index)?.data_type {
        DataType::Timestamp(..) => Ok(call.arg(index)?.clone()),
        _ => call.implicit(index, &timestamp()),
    }
}

/// The zone in which a timestamp's clock is read: none for `TIMESTAMP_NTZ`.
fn clock(call: &Call<'_>, data_type: &DataType) -> Zone {
    match data_type {
        DataType::Timestamp(_, Some(_)) => Zone::Region(call.context.time_zone),
        _ => Zone::Fixed(0),
    }
}

/// A zone by name, or Spark's complaint.
fn zone_named(name: &str) -> Result<Zone> {
    zone::parse(name).ok_or_else(|| Error::new("INVALID_TIMEZONE", [("timeZone", name)]))
}
