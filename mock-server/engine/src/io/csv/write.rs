//! Rows as lines of CSV.
//!
//! After Spark's `UnivocityGenerator`. Knows no files and no line ends.

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{DataType, Fields};

use super::Dialect;
use crate::error::{Error, Result};
use crate::functions::CastMode;
use crate::functions::kernels::calendar::DAY;
use crate::functions::kernels::cast::Cast;
use crate::functions::kernels::longs::longs;
use crate::functions::kernels::pattern::Pattern;
use crate::functions::kernels::zone::Zone;
use crate::io::charset::Charset;
use crate::io::options::Options;
use crate::plan::context::Context;
use crate::types::coerce::is_atomic;
use crate::types::{interval, sql_name};

/// What stands for an empty text unless the options say otherwise.
const EMPTY: &str = "\"\"";

/// Writes the rows of some columns.
#[derive(Debug)]
pub(crate) struct CsvWriter {
    dialect: Dialect,
    columns: Vec<Texts>,
}

impl CsvWriter {
    /// A writer of columns.
    pub(crate) fn new(options: &Options, fields: &Fields, context: &Context) -> Result<Self> {
        let columns = fields.iter().map(|field| {
            let fields = interval::Fields::of(field.data_type(), field.metadata());
            Texts::new(options, field.data_type(), fields, context)
        });
        Ok(Self {
            dialect: Dialect::new(options, context)?,
            columns: columns.collect::<Result<_>>()?,
        })
    }

    /// What sets this writer apart from others. The dialect knows patterns as a reader takes them,
    /// and many that can be written cannot be read.
    pub(crate) fn identity(&self) -> String {
        let patterns = self.columns.iter().map(|texts| match texts {
            Texts::Moment(pattern, zone, _) => Some((pattern, zone)),
            Texts::Cast(_) | Texts::Bytes => None,
        });
        let patterns: Vec<_> = patterns.collect();
        format!("{} {patterns:?}", self.dialect.identity())
    }

    /// How files are text.
    pub(crate) fn charset(&self) -> Charset {
        self.dialect.charset
    }

    /// The line of the columns' names.
    pub(crate) fn header<'n>(&self, names: impl Iterator<Item = &'n str>) -> String {
        let mut line = String::new();
        for (index, name) in names.enumerate() {
            self.value(index, Some(name), &mut line);
        }
        line
    }

    /// Hands out the line of each row.
    pub(crate) fn lines(
        &self,
        columns: &[ArrayRef],
        n_rows: usize,
        mut each: impl FnMut(&str),
    ) -> Result<()> {
        let texts = self
            .columns
            .iter()
            .zip(columns)
            .map(|(texts, column)| texts.of(column))
            .collect::<Result<Vec<_>>>()?;
        let mut line = String::new();
        for row in 0..n_rows {
            line.clear();
            for (index, column) in texts.iter().enumerate() {
                let text = column.is_valid(row).then(|| column.value(row));
                self.value(index, text, &mut line);
            }
            each(&line);
        }
        Ok(())
    }

    /// Adds one value, in quotes where it could be taken for something else.
    fn value(&self, index: usize, text: Option<&str>, out: &mut String) {
        let dialect = &self.dialect;
        if index > 0 {
            out.push_str(&dialect.separator);
        }
        let is_null = text.is_none();
        let mut text = text.unwrap_or(&dialect.null_value);
        let blank = |c: char| c <= ' ';
        if dialect.trim_start != Some(false) {
            text = text.trim_start_matches(blank);
        }
        if dialect.trim_end != Some(false) {
            text = text.trim_end_matches(blank);
        }
        if text.is_empty() && !is_null {
            out.push_str(dialect.empty_value.as_deref().unwrap_or(EMPTY));
            return;
        }
        let ends_line = |c: char| {
            let own = dialect.line_separator.as_deref().unwrap_or("\n");
            matches!(c, '\n' | '\r') || own.contains(c)
        };
        let quoted = dialect.quotes_all
            || text.contains(dialect.separator.as_str())
            || text.contains(ends_line)
            || text.starts_with(dialect.quote)
            || (dialect.quotes_quotes && text.contains(dialect.quote))
            || (index == 0 && text.starts_with(dialect.comment.unwrap_or('#')));
        if !quoted {
            out.push_str(text);
            return;
        }
        out.push(dialect.quote);
        for c in text.chars() {
            if c == dialect.quote {
                out.push(dialect.escape);
            } else if c == dialect.escape {
                out.extend(dialect.escapes_escape);
            }
            out.push(c);
        }
        out.push(dialect.quote);
    }
}

/// How the values of a column become text.
#[derive(Debug)]
enum Texts {
    Cast(Cast),
    /// A moment in a zone; the number is how many microseconds a step is.
    Moment(Pattern, Zone, i64),
    /// Each byte, as Java shows an array of them.
    Bytes,
}

impl Texts {
    fn new(
        options: &Options,
        from: &DataType,
        fields: Option<interval::Fields>,
        context: &Context,
    ) -> Result<Self> {
        let moment = |option: &str, default: &str, zone, step| {
            let pattern = options.get(option).unwrap_or(default);
            Ok(Self::Moment(Pattern::parse(pattern, false)?, zone, step))
        };
        let utc = Zone::Fixed(0);
        match from {
            DataType::Date32 => moment("dateformat", "yyyy-MM-dd", utc, DAY),
            DataType::Timestamp(_, Some(_)) => moment(
                "timestampformat",
                "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]",
                options.zone(context)?,
                1,
            ),
            DataType::Timestamp(_, None) => {
                moment("timestampntzformat", "yyyy-MM-dd'T'HH:mm:ss[.SSS]", utc, 1)
            }
            DataType::Binary => Ok(Self::Bytes),
            from if is_atomic(from) || *from == DataType::Null => Ok(Self::Cast(Cast {
                from: from.clone(),
                to: DataType::Utf8,
                mode: CastMode::Ansi,
                time_zone: context.time_zone,
                now_us: context.now_us,
                origin: None,
                fields,
            })),
            other => Err(Error::unsupported(format!(
                "writing {} as CSV",
                sql_name(other)
            ))),
        }
    }

    fn of(&self, column: &ArrayRef) -> Result<StringArray> {
        match self {
            Self::Cast(job) => Ok(job.run(column)?.as_string::<i32>().clone()),
            Self::Moment(pattern, zone, step) => longs(column)?
                .iter()
                .map(|value| {
                    value
                        .map(|value| pattern.format(value * step, *zone))
                        .transpose()
                })
                .collect(),
            Self::Bytes => Ok(column
                .as_binary::<i32>()
                .iter()
                .map(|bytes| {
                    let bytes = bytes?.iter().map(|byte| format!("{byte:02X}"));
                    Some(format!("[{}]", bytes.collect::<Vec<_>>().join(" ")))
                })
                .collect()),
        }
    }
}
