//! The options of the XML functions.

use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::json::constant_pairs;
use crate::functions::kernels::pattern::Pattern;
use crate::types::sql_name;

/// The options that are honoured.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) attribute_prefix: String,
    pub(super) value_tag: String,
    pub(super) excludes_attributes: bool,
    pub(super) trims: bool,
    pub(super) ignores_namespaces: bool,
    pub(super) infers: bool,
    pub(super) null_value: Option<String>,
    pub(super) timestamp_format: Option<String>,
    pub(super) date_format: Option<String>,
    pub(super) fails_fast: bool,
    pub(super) corrupt: String,
    pub(super) row_tag: String,
    pub(super) item_tag: String,
    pub(super) indent: String,
}

impl Options {
    /// The options of a call; those that are not honoured are refused by name.
    pub(super) fn of(call: &Call<'_>, index: usize) -> Result<Self> {
        let mut found = Self {
            attribute_prefix: "_".to_owned(),
            value_tag: "_VALUE".to_owned(),
            excludes_attributes: false,
            trims: true,
            ignores_namespaces: false,
            infers: true,
            null_value: None,
            timestamp_format: None,
            date_format: None,
            fails_fast: false,
            corrupt: "_corrupt_record".to_owned(),
            row_tag: "ROW".to_owned(),
            item_tag: "item".to_owned(),
            indent: "    ".to_owned(),
        };
        let Some(value) = call.args.get(index) else {
            return Ok(found);
        };
        for (key, value) in pairs(call, value)? {
            let is_true = value.eq_ignore_ascii_case("true");
            match key.to_ascii_lowercase().as_str() {
                "attributeprefix" => found.attribute_prefix = value,
                "valuetag" => found.value_tag = value,
                "excludeattribute" => found.excludes_attributes = is_true,
                "ignoresurroundingspaces" => found.trims = is_true,
                "ignorenamespace" => found.ignores_namespaces = is_true,
                "inferschema" => found.infers = is_true,
                "nullvalue" => found.null_value = Some(value),
                "timestampformat" => found.timestamp_format = Some(value),
                "dateformat" => found.date_format = Some(value),
                "columnnameofcorruptrecord" => found.corrupt = value,
                "rowtag" => found.row_tag = value,
                "arrayelementname" => found.item_tag = value,
                "indent" => found.indent = value,
                "mode" => match value.to_ascii_uppercase().as_str() {
                    "PERMISSIVE" => {}
                    "FAILFAST" => found.fails_fast = true,
                    other => {
                        return Err(Error::new(
                            "PARSE_MODE_UNSUPPORTED",
                            [
                                ("funcName", format!("`{}`", call.name)),
                                ("mode", other.to_owned()),
                            ],
                        ));
                    }
                },
                _ => return Err(Error::unsupported(format!("the XML option {key}"))),
            }
        }
        Ok(found)
    }

    /// A name as the document has it, with or without its prefix.
    pub(super) fn name<'a>(&self, name: &'a str) -> &'a str {
        match name.split_once(':') {
            Some((_, local)) if self.ignores_namespaces => local,
            _ => name,
        }
    }
}

fn pairs(call: &Call<'_>, value: &crate::plan::typed::Typed) -> Result<Vec<(String, String)>> {
    let DataType::Map(entries, _) = &value.data_type else {
        return Err(Error::of("INVALID_OPTIONS.NON_MAP_FUNCTION").at(call.origin.clone()));
    };
    let is_text = |data_type: &DataType| match data_type {
        DataType::Struct(pair) => pair
            .iter()
            .all(|field| *field.data_type() == DataType::Utf8),
        _ => false,
    };
    if !is_text(entries.data_type()) {
        return Err(Error::new(
            "INVALID_OPTIONS.NON_STRING_TYPE",
            [("mapType", format!("\"{}\"", sql_name(&value.data_type)))],
        )
        .at(call.origin.clone()));
    }
    constant_pairs(value)
        .ok_or_else(|| Error::of("INVALID_OPTIONS.NON_MAP_FUNCTION").at(call.origin.clone()))
}

/// A pattern that was given, for reading.
pub(super) fn compiled(pattern: &Option<String>) -> Result<Option<Pattern>> {
    pattern
        .as_deref()
        .map(|text| Pattern::parse(text, true))
        .transpose()
}
