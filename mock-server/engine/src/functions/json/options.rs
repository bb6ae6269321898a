//! The options of `to_json` and `from_json`.

use arrow::array::{ArrayRef, AsArray};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernels::pattern::Pattern;
use crate::io::csv::Mode;
use crate::io::options::corrupt_record;
use crate::plan::context::Context;
use crate::plan::typed::Typed;

/// The options of `from_json` and `to_json` that are honoured.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    pub(super) timestamp_format: Option<String>,
    pub(super) date_format: Option<String>,
    pub(super) keeps_nulls: bool,
    pub(super) unquoted_names: bool,
    pub(super) mode: Mode,
    pub(super) corrupt: Option<String>,
}

impl Options {
    /// The column of malformed texts.
    pub(super) fn corrupt_record(&self, context: &Context) -> String {
        self.corrupt
            .clone()
            .unwrap_or_else(|| corrupt_record(context))
    }
}

/// A constant map of texts, as a literal or as a call of `map`.
pub(in crate::functions) fn constant_pairs(value: &Typed) -> Option<Vec<(String, String)>> {
    let texts = |array: &ArrayRef| -> Option<Vec<String>> {
        let strings = array.as_string_opt::<i32>()?;
        strings.iter().map(|s| s.map(str::to_owned)).collect()
    };
    match &value.expr {
        Expr::Literal(ScalarValue::Map(map), _) => {
            let entries = map.entries();
            let keys = texts(entries.column(0))?;
            Some(keys.into_iter().zip(texts(entries.column(1))?).collect())
        }
        // `map` has its keys first, then its values.
        Expr::ScalarFunction(function) => {
            let (keys, values) = function.args.split_at(function.args.len() / 2);
            let text = |expr: &Expr| match expr {
                Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text.clone()),
                _ => None,
            };
            keys.iter()
                .zip(values)
                .map(|(key, value)| Some((text(key)?, text(value)?)))
                .collect()
        }
        _ => None,
    }
}

pub(super) fn options(call: &Call<'_>, index: usize) -> Result<Options> {
    let mut found = Options::default();
    let Some(value) = call.args.get(index) else {
        return Ok(found);
    };
    let pairs = constant_pairs(value).ok_or_else(|| {
        Error::new(
            "INVALID_OPTIONS.NON_MAP_FUNCTION",
            std::iter::empty::<(String, String)>(),
        )
        .at(call.origin.clone())
    })?;
    for (key, value) in pairs {
        let is_true = value.eq_ignore_ascii_case("true");
        match key.to_ascii_lowercase().as_str() {
            "timestampformat" => found.timestamp_format = Some(value),
            "dateformat" => found.date_format = Some(value),
            "ignorenullfields" => found.keeps_nulls = !is_true,
            "allowunquotedfieldnames" => found.unquoted_names = is_true,
            "mode" => found.mode = Mode::named(&value),
            "columnnameofcorruptrecord" => found.corrupt = Some(value),
            _ => return Err(Error::unsupported(format!("the JSON option {key}"))),
        }
    }
    Ok(found)
}

pub(super) fn compiled(pattern: &Option<String>) -> Result<Option<Pattern>> {
    pattern
        .as_deref()
        .map(|text| Pattern::parse(text, true))
        .transpose()
}
