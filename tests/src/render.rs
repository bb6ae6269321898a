//! One canonical text for a Spark type and for a value, from the schema proto and the Arrow data.
//!
//! The rules are those of `tests/record/render.py`, which documents them; change both together.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes as arrow_types;
use sparring_proto::connect::{DataType, data_type::Kind, data_type::StructField};

/// The text between two quotes; backticks are doubled as in SQL, other quotes escaped.
pub fn escape(text: &str, quote: char) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            c if c == quote && c == '`' => out.push_str("``"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if invisible(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

fn invisible(char: char) -> bool {
    let code = u32::from(char);
    char != ' '
        && (code < 0x20
            || (0x7F..=0xA0).contains(&code)
            || code == 0xAD
            || (0x2000..=0x200F).contains(&code)
            || (0x2028..=0x202F).contains(&code)
            || code == 0x3000
            || code == 0xFEFF)
}

/// A string in single quotes.
pub fn quoted(text: &str) -> String {
    format!("'{}'", escape(text, '\''))
}

fn field_name(name: &str) -> String {
    let mut chars = name.chars();
    let bare = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if bare { name.to_owned() } else { format!("`{}`", escape(name, '`')) }
}

/// The text of a type.
pub fn type_text(data_type: &DataType) -> String {
    const DAY_TIME: [&str; 4] = ["day", "hour", "minute", "second"];
    const YEAR_MONTH: [&str; 2] = ["year", "month"];
    let Some(kind) = &data_type.kind else { return "unset".into() };
    match kind {
        Kind::Null(_) => "void".into(),
        Kind::Byte(_) => "tinyint".into(),
        Kind::Short(_) => "smallint".into(),
        Kind::Integer(_) => "int".into(),
        Kind::Long(_) => "bigint".into(),
        Kind::Boolean(_) => "boolean".into(),
        Kind::Binary(_) => "binary".into(),
        Kind::Float(_) => "float".into(),
        Kind::Double(_) => "double".into(),
        Kind::Date(_) => "date".into(),
        Kind::Timestamp(_) => "timestamp".into(),
        Kind::TimestampNtz(_) => "timestamp_ntz".into(),
        Kind::Variant(_) => "variant".into(),
        Kind::CalendarInterval(_) => "interval".into(),
        Kind::Decimal(d) => {
            format!("decimal({},{})", d.precision.unwrap_or(10), d.scale.unwrap_or(0))
        }
        Kind::String(s) if s.collation.is_empty() || s.collation == "UTF8_BINARY" => "string".into(),
        Kind::String(s) => format!("string collate {}", s.collation),
        Kind::Char(c) => format!("char({})", c.length),
        Kind::VarChar(c) => format!("varchar({})", c.length),
        Kind::Time(t) => t.precision.map_or("time".into(), |p| format!("time({p})")),
        Kind::DayTimeInterval(i) => {
            interval(&DAY_TIME, i.start_field.unwrap_or(0), i.end_field.unwrap_or(3))
        }
        Kind::YearMonthInterval(i) => {
            interval(&YEAR_MONTH, i.start_field.unwrap_or(0), i.end_field.unwrap_or(1))
        }
        Kind::Array(a) => format!("array<{}>", nullable(a.element_type.as_deref(), a.contains_null)),
        Kind::Map(m) => format!(
            "map<{}, {}>",
            m.key_type.as_deref().map(type_text).unwrap_or_default(),
            nullable(m.value_type.as_deref(), m.value_contains_null)
        ),
        Kind::Struct(s) => {
            let fields: Vec<String> = s
                .fields
                .iter()
                .map(|f| format!("{}: {}", field_name(&f.name), nullable(f.data_type.as_ref(), f.nullable)))
                .collect();
            format!("struct<{}>", fields.join(", "))
        }
        Kind::Udt(u) => format!("udt<{}{}>", u.jvm_class(), u.python_class()),
        Kind::Unparsed(u) => u.data_type_string.clone(),
        Kind::Geometry(_) => "geometry".into(),
        Kind::Geography(_) => "geography".into(),
        Kind::TimestampNtzNanos(_) => "timestamp_ntz_nanos".into(),
        Kind::TimestampLtzNanos(_) => "timestamp_ltz_nanos".into(),
    }
}

fn interval(names: &[&str], start: i32, end: i32) -> String {
    let name = |i: i32| usize::try_from(i).ok().and_then(|i| names.get(i)).copied().unwrap_or("?");
    if start == end {
        format!("interval {}", name(start))
    } else {
        format!("interval {} to {}", name(start), name(end))
    }
}

fn nullable(data_type: Option<&DataType>, nullable: bool) -> String {
    let text = data_type.map(type_text).unwrap_or_default();
    if nullable { text } else { format!("{text} not null") }
}

fn fields(schema: &DataType) -> &[StructField] {
    match &schema.kind {
        Some(Kind::Struct(s)) => &s.fields,
        _ => &[],
    }
}

/// One line for each top-level column of a struct type.
pub fn schema_lines(schema: &DataType) -> Vec<String> {
    fields(schema)
        .iter()
        .map(|f| {
            let head = format!("`{}` {}", escape(&f.name, '`'), nullable(f.data_type.as_ref(), f.nullable));
            match f.metadata.as_deref() {
                Some("{\"__autoGeneratedAlias\":\"true\"}") => format!("{head} auto"),
                None | Some("" | "{}") => head,
                Some(other) => format!("{head} metadata {other}"),
            }
        })
        .collect()
}

/// One line for each row.
pub fn row_lines(batches: &[RecordBatch], schema: &DataType) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let columns: Vec<Vec<String>> = fields(schema)
            .iter()
            .zip(batch.columns())
            .map(|(f, column)| values(column, f.data_type.as_ref()))
            .collect();
        for row in 0..batch.num_rows() {
            if columns.is_empty() {
                lines.push("()".into());
            } else {
                let cells: Vec<&str> = columns.iter().map(|c| c[row].as_str()).collect();
                lines.push(cells.join(" | "));
            }
        }
    }
    lines
}

/// The texts of an array of a Spark type.
pub fn values(array: &ArrayRef, data_type: Option<&DataType>) -> Vec<String> {
    (0..array.len())
        .map(|row| if array.is_null(row) { "NULL".into() } else { value(array, row, data_type) })
        .collect()
}

fn value(array: &ArrayRef, row: usize, data_type: Option<&DataType>) -> String {
    use arrow_types::DataType as Arrow;
    let kind = data_type.and_then(|t| t.kind.as_ref());
    match array.data_type() {
        Arrow::Null => "NULL".into(),
        Arrow::Boolean => array.as_boolean().value(row).to_string(),
        Arrow::Int8 => array.as_primitive::<arrow_types::Int8Type>().value(row).to_string(),
        Arrow::Int16 => array.as_primitive::<arrow_types::Int16Type>().value(row).to_string(),
        Arrow::Int32 => array.as_primitive::<arrow_types::Int32Type>().value(row).to_string(),
        Arrow::Int64 => array.as_primitive::<arrow_types::Int64Type>().value(row).to_string(),
        Arrow::Float32 => {
            let v = array.as_primitive::<arrow_types::Float32Type>().value(row);
            java_double(f64::from(v), &format!("{v:e}"))
        }
        Arrow::Float64 => {
            let v = array.as_primitive::<arrow_types::Float64Type>().value(row);
            java_double(v, &format!("{v:e}"))
        }
        Arrow::Decimal128(..) => {
            array.as_primitive::<arrow_types::Decimal128Type>().value_as_string(row)
        }
        Arrow::Utf8 => quoted(array.as_string::<i32>().value(row)),
        Arrow::Binary => {
            let hex: String =
                array.as_binary::<i32>().value(row).iter().map(|b| format!("{b:02X}")).collect();
            format!("X'{hex}'")
        }
        Arrow::Date32 => {
            date_text(i64::from(array.as_primitive::<arrow_types::Date32Type>().value(row)))
        }
        Arrow::Timestamp(_, zone) => {
            let v = array.as_primitive::<arrow_types::TimestampMicrosecondType>().value(row);
            format!("{}{}", timestamp_text(v), if zone.is_some() { "Z" } else { "" })
        }
        Arrow::Time64(_) => {
            let v = array.as_primitive::<arrow_types::Time64NanosecondType>().value(row);
            let (s, n) = (v.div_euclid(1_000_000_000), v.rem_euclid(1_000_000_000));
            format!("{:02}:{:02}:{:02}.{n:09}", s / 3600, s / 60 % 60, s % 60)
        }
        Arrow::Duration(_) => {
            format!("{}us", array.as_primitive::<arrow_types::DurationMicrosecondType>().value(row))
        }
        Arrow::Interval(arrow_types::IntervalUnit::YearMonth) => {
            format!("{}mo", array.as_primitive::<arrow_types::IntervalYearMonthType>().value(row))
        }
        Arrow::Interval(_) => {
            let v = array.as_primitive::<arrow_types::IntervalMonthDayNanoType>().value(row);
            format!("{}mo {}d {}us", v.months, v.days, v.nanoseconds / 1000)
        }
        Arrow::List(_) => {
            let item = match kind {
                Some(Kind::Array(a)) => a.element_type.as_deref(),
                _ => None,
            };
            format!("[{}]", values(&array.as_list::<i32>().value(row), item).join(", "))
        }
        Arrow::Map(..) => {
            let (key, item) = match kind {
                Some(Kind::Map(m)) => (m.key_type.as_deref(), m.value_type.as_deref()),
                _ => (None, None),
            };
            let entries = array.as_map().value(row);
            let pairs: Vec<String> = values(entries.column(0), key)
                .into_iter()
                .zip(values(entries.column(1), item))
                .map(|(k, v)| format!("{k}: {v}"))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Arrow::Struct(_) => {
            let declared = data_type.map(fields).unwrap_or_default();
            let structure = array.as_struct();
            let cells: Vec<String> = structure
                .columns()
                .iter()
                .enumerate()
                .map(|(i, column)| {
                    let field = declared.get(i);
                    let name = field.map(|f| f.name.as_str()).unwrap_or_default();
                    let one = values(&column.slice(row, 1), field.and_then(|f| f.data_type.as_ref()));
                    format!("{}: {}", field_name(name), one.concat())
                })
                .collect();
            format!("{{{}}}", cells.join(", "))
        }
        other => format!("<no rendering for {other}>"),
    }
}

fn java_double(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0.0");
    }
    let (mantissa, exponent) = scientific.trim_start_matches('-').split_once('e').unwrap_or(("0", "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let figures: String = mantissa.chars().filter(|c| *c != '.').collect();
    let figures = match figures.trim_end_matches('0') {
        "" => "0".to_owned(),
        trimmed => trimmed.to_owned(),
    };
    match exponent {
        -3..=-1 => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
            format!("{sign}0.{}{figures}", "0".repeat(zeros))
        }
        0..=6 => {
            let point = usize::try_from(exponent).unwrap_or(0) + 1;
            let padded = format!("{figures:0<point$}");
            let (whole, fraction) = padded.split_at(point);
            format!("{sign}{whole}.{}", if fraction.is_empty() { "0" } else { fraction })
        }
        _ => {
            let (first, rest) = figures.split_at(1);
            format!("{sign}{first}.{}E{exponent}", if rest.is_empty() { "0" } else { rest })
        }
    }
}

/// Year, month and day of a day count, proleptic Gregorian, any year.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

fn date_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    let head = match year {
        0..=9999 => format!("{year:04}"),
        10_000.. => format!("+{year:04}"),
        _ => format!("-{:04}", -year),
    };
    format!("{head}-{month:02}-{day:02}")
}

fn timestamp_text(micros: i64) -> String {
    let days = micros.div_euclid(86_400_000_000);
    let rest = micros.rem_euclid(86_400_000_000);
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    format!(
        "{} {:02}:{:02}:{:02}.{fraction:06}",
        date_text(days),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
