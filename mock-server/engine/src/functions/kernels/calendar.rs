//! The proleptic Gregorian calendar over the whole range of Spark's dates and timestamps, which is
//! wider than chrono's. Knows no time zones.

/// Microseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// Year, month and day of a count of days since 1970-01-01.
pub(crate) fn civil(days: i64) -> (i64, u32, u32) {
    // Eras of 400 years that begin on 1 March make leap days the last day of a year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (
        year,
        u32::try_from(month).unwrap_or(1),
        u32::try_from(day).unwrap_or(1),
    )
}

/// Days since 1970-01-01 of a valid date.
pub(crate) fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = i64::from((month + 9) % 12);
    let of_year = (153 * march_month + 2) / 5 + i64::from(day) - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

/// [`days`], if there is such a date and Spark's `DATE` holds it.
pub(crate) fn checked_days(year: i64, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return None;
    }
    i32::try_from(days(year, month, day)).ok()
}

/// Whether February has 29 days.
pub(crate) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of days of a month.
pub(crate) fn month_length(year: i64, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day within the year, from one.
pub(crate) fn day_of_year(date: i64) -> i64 {
    let (year, ..) = civil(date);
    date - days(year, 1, 1) + 1
}

/// Monday is 0.
pub(crate) fn weekday(date: i64) -> i64 {
    (date + 3).rem_euclid(7)
}

/// The ISO 8601 week and the year it belongs to.
pub(crate) fn iso_week(date: i64) -> (i64, i64) {
    // The week belongs to the year that has its Thursday.
    let thursday = date - weekday(date) + 3;
    let (year, ..) = civil(thursday);
    (year, (thursday - days(year, 1, 1)) / 7 + 1)
}

/// The date some months later; a day that the month has not becomes its last.
pub(crate) fn add_months(date: i64, months: i64) -> i64 {
    let (year, month, day) = civil(date);
    let total = year * 12 + i64::from(month) - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    let month = u32::try_from(month).unwrap_or(1);
    days(year, month, day.min(month_length(year, month)))
}

/// Microseconds since the local 1970-01-01 of a date and a time of day, if they fit.
pub(crate) fn micros(date: i64, of_day: i64) -> Option<i64> {
    date.checked_mul(DAY)?.checked_add(of_day)
}

/// The time of day in microseconds; `None` unless the parts are those of a clock.
pub(crate) fn time_of_day(hour: i64, minute: i64, second: i64, micros: i64) -> Option<i64> {
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    valid.then(|| (hour * 3600 + minute * 60 + second) * SECOND + micros)
}

#[cfg(test)]
mod tests {
    use super::{civil, days, iso_week};

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        for day in (-3_000_000..3_000_000).step_by(997) {
            let (y, m, d) = civil(day);
            assert_eq!(days(y, m, d), day);
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(iso_week(days(2021, 1, 3)), (2020, 53));
    }
}
