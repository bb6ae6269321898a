//! CSV as Spark reads and writes it, in files and in `from_csv`, `to_csv` and `schema_of_csv`: the
//! options, and a file each for cutting lines into values, for types, for reading and for writing.
//!
//! After Spark's `CSVOptions` and the behaviour of the univocity parser that it configures. Knows no
//! files.

pub(crate) mod infer;
pub(crate) mod read;
mod tokens;
pub(crate) mod write;

use super::charset::Charset;
use super::options::{Options, requirement};
use super::text::TextRules;
use crate::error::{Error, Exception, Result};
use crate::plan::context::Context;

/// What to do with a malformed line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    #[default]
    Permissive,
    DropMalformed,
    FailFast,
}

impl Mode {
    /// The option `mode`.
    pub(crate) fn new(options: &Options) -> Self {
        options.get("mode").map(Self::named).unwrap_or_default()
    }

    /// The mode of a name.
    pub(crate) fn named(name: &str) -> Self {
        match name.to_uppercase().as_str() {
            "DROPMALFORMED" => Self::DropMalformed,
            "FAILFAST" => Self::FailFast,
            // Spark takes an unknown mode for PERMISSIVE and logs it.
            _ => Self::Permissive,
        }
    }

    /// What the option is called when it fails.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Permissive => "PERMISSIVE",
            Self::DropMalformed => "DROPMALFORMED",
            Self::FailFast => "FAILFAST",
        }
    }
}

/// How values stand in a line.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    separator: String,
    quote: char,
    escape: char,
    /// What makes an escape character an ordinary one.
    escapes_escape: Option<char>,
    comment: Option<char>,
    line_separator: Option<String>,
    charset: Charset,
    pub(crate) header: bool,
    infers: bool,
    multi_line: bool,
    /// Blanks before and after a value are no part of it; whether, depends on the direction.
    trim_start: Option<bool>,
    trim_end: Option<bool>,
    null_value: String,
    empty_value: Option<String>,
    pub(crate) mode: Mode,
    corrupt: String,
    enforces_schema: bool,
    prunes: bool,
    case_sensitive: bool,
    max_columns: usize,
    max_characters: Option<usize>,
    quotes_all: bool,
    quotes_quotes: bool,
    rules: TextRules,
}

impl Dialect {
    /// The dialect of options in a session.
    pub(crate) fn new(options: &Options, context: &Context) -> Result<Self> {
        options.refuse("CSV", &["singlevariantcolumn"])?;
        if let Some(locale) = options.get("locale")
            && !locale.to_ascii_lowercase().starts_with("en")
        {
            return Err(Error::unsupported(format!(
                "the locale {locale} of the CSV data source"
            )));
        }
        if let Some(handling) = options.get("unescapedquotehandling")
            && !handling.eq_ignore_ascii_case("STOP_AT_DELIMITER")
        {
            return Err(Error::unsupported(format!(
                "unescapedQuoteHandling={handling} of the CSV data source"
            )));
        }
        options.whole_sample("CSV")?;
        let conf = context.session.conf();
        let charset = options.get("encoding").or(options.get("charset"));
        let quote = options.character("quote")?.unwrap_or('"');
        let escape = options.character("escape")?.unwrap_or('\\');
        let escapes_escape = match options.character("charToEscapeQuoteEscaping")? {
            Some(c) => Some(c),
            None => (escape != quote).then_some(escape),
        };
        let trim = |name: &str| -> Result<Option<bool>> {
            let given = options.get(&name.to_ascii_lowercase()).is_some();
            Ok(given.then_some(options.flag(name, false)?))
        };
        let max_columns = options.count("maxColumns")?.unwrap_or(20_480);
        let max_characters = options.count("maxCharsPerColumn")?.unwrap_or(-1);
        let prunes = conf
            .option("spark.sql.csv.parser.columnPruning.enabled")
            .is_none_or(|on| on.eq_ignore_ascii_case("true"));
        Ok(Self {
            separator: separator(options.get("sep").or(options.get("delimiter")))?,
            quote,
            escape,
            escapes_escape,
            comment: options.character("comment")?.filter(|c| *c != '\0'),
            line_separator: line_separator(options)?,
            charset: charset
                .map_or(Ok(Charset::Utf8), |name| Charset::named(name, "CSVOptions"))?,
            header: options.flag("header", false)?,
            infers: options.flag("inferSchema", false)?,
            multi_line: options.plain_flag("multiLine", false)?,
            trim_start: trim("ignoreLeadingWhiteSpace")?,
            trim_end: trim("ignoreTrailingWhiteSpace")?,
            null_value: options.get("nullvalue").unwrap_or("").to_owned(),
            empty_value: options.get("emptyvalue").map(str::to_owned),
            mode: Mode::new(options),
            corrupt: options.corrupt_record(context),
            enforces_schema: options.flag("enforceSchema", true)?,
            prunes: options.plain_flag("columnPruning", prunes)?,
            case_sensitive: context.case_sensitive,
            max_columns: usize::try_from(max_columns).unwrap_or(0),
            max_characters: usize::try_from(max_characters).ok(),
            quotes_all: options.flag("quoteAll", false)?,
            quotes_quotes: options.flag("escapeQuotes", true)?,
            rules: TextRules::new(options, context)?,
        })
    }

    /// What sets this dialect apart from others.
    pub(crate) fn identity(&self) -> String {
        // The rules are told by themselves, since they hold the moment of the query.
        let rules = self.rules.identity();
        let Self {
            separator,
            quote,
            escape,
            escapes_escape,
            comment,
            line_separator,
            charset,
            header,
            infers,
            multi_line,
            trim_start,
            trim_end,
            null_value,
            empty_value,
            mode,
            corrupt,
            enforces_schema,
            prunes,
            case_sensitive,
            max_columns,
            max_characters,
            quotes_all,
            quotes_quotes,
            rules: _,
        } = self;
        format!(
            "{:?} {:?} {:?} {:?}",
            (
                separator,
                quote,
                escape,
                escapes_escape,
                comment,
                line_separator,
                charset
            ),
            (
                header,
                infers,
                multi_line,
                trim_start,
                trim_end,
                null_value,
                empty_value
            ),
            (
                mode,
                corrupt,
                enforces_schema,
                prunes,
                case_sensitive,
                max_columns
            ),
            (max_characters, quotes_all, quotes_quotes, rules),
        )
    }
}

fn line_separator(options: &Options) -> Result<Option<String>> {
    let Some(text) = options.get("linesep") else {
        return Ok(None);
    };
    match text.encode_utf16().count() {
        0 => Err(requirement("'lineSep' cannot be an empty string.")),
        1 | 2 => Ok(Some(text.to_owned())),
        _ => Err(requirement("'lineSep' can contain only 1 character.")),
    }
}

/// `CSVExprUtils.toDelimiterStr`: some characters can be written with a backslash.
fn separator(given: Option<&str>) -> Result<String> {
    let Some(text) = given else {
        return Ok(",".to_owned());
    };
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        out.push(match chars.next() {
            None => return Err(Error::of("INVALID_DELIMITER_VALUE.SINGLE_BACKSLASH")),
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(c @ ('"' | '\'' | '\\')) => c,
            Some(other) => {
                return Err(Error::new(
                    "INVALID_DELIMITER_VALUE.UNSUPPORTED_SPECIAL_CHARACTER",
                    [("str", format!("\\{other}"))],
                ));
            }
        });
    }
    if out.is_empty() {
        return Err(Error::plain(
            Exception::Java("java.lang.IllegalArgumentException"),
            "Delimiter cannot be empty",
        ));
    }
    Ok(out)
}
