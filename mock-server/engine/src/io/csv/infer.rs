//! The columns of CSV: names from the first line or `_c0`, types by inference or string.
//!
//! After Spark's `CSVInferSchema` and `makeSafeHeader`.

use std::path::Path;

use arrow::datatypes::{DataType, Field};

use super::Dialect;
use super::tokens::Token;
use crate::error::Result;
use crate::io::blocks::{self, Blocks};
use crate::io::text::Inferred;

/// The columns of files.
pub(crate) fn infer(dialect: &Dialect, paths: &[&Path]) -> Result<Vec<Field>> {
    if dialect.multi_line {
        infer_records(dialect, paths)
    } else {
        infer_lines(dialect, paths)
    }
}

/// The columns of one line without a header.
pub(crate) fn infer_line(dialect: &Dialect, line: &str) -> Result<Vec<Field>> {
    let mut tokens = Vec::new();
    dialect.cut(line, None, &mut tokens)?;
    let mut types = vec![None; tokens.len()];
    observe(dialect, &mut types, &tokens);
    let names = (0..tokens.len()).map(|index| format!("_c{index}"));
    Ok(fields(names, types))
}

/// Where each line is a record: those equal to the header line are left out wherever they stand.
fn infer_lines(dialect: &Dialect, paths: &[&Path]) -> Result<Vec<Field>> {
    let mut first: Option<String> = None;
    let mut names = Vec::new();
    let mut types: Vec<Inferred> = Vec::new();
    for path in paths {
        let separator = dialect.line_separator_bytes();
        let mut blocks = Blocks::open(path, dialect.charset, separator.as_deref())?;
        while let Some(block) = blocks.next()? {
            let mut tokens = Vec::new();
            for line in block.lines().filter(|line| dialect.is_record(line)) {
                tokens.clear();
                match &first {
                    None => {
                        dialect.cut(line, None, &mut tokens)?;
                        names = column_names(dialect, &tokens);
                        types = vec![None; tokens.len()];
                        first = Some(line.to_owned());
                        if !dialect.header && dialect.infers {
                            observe(dialect, &mut types, &tokens);
                        }
                    }
                    Some(header) if dialect.header && header == line => {}
                    Some(_) => {
                        dialect.cut(line, None, &mut tokens)?;
                        observe(dialect, &mut types, &tokens);
                    }
                }
                if !dialect.infers {
                    return Ok(fields(names, types));
                }
            }
        }
    }
    Ok(fields(names, types))
}

/// Where a record can go over lines: the first of each file is its header.
fn infer_records(dialect: &Dialect, paths: &[&Path]) -> Result<Vec<Field>> {
    let mut names: Option<Vec<String>> = None;
    let mut types: Vec<Inferred> = Vec::new();
    for path in paths {
        let text = blocks::whole(path, dialect.charset)?;
        let mut tokens = Vec::new();
        let mut records = dialect.records(&text);
        let mut is_first = true;
        while records.next(&mut tokens)?.is_some() {
            if names.is_none() {
                names = Some(column_names(dialect, &tokens));
                types = vec![None; tokens.len()];
            }
            if !dialect.infers {
                return Ok(fields(names.unwrap_or_default(), types));
            }
            if !(std::mem::take(&mut is_first) && dialect.header) {
                observe(dialect, &mut types, &tokens);
            }
            tokens.clear();
        }
    }
    Ok(fields(names.unwrap_or_default(), types))
}

fn fields(names: impl IntoIterator<Item = String>, types: Vec<Inferred>) -> Vec<Field> {
    names
        .into_iter()
        .zip(types)
        .map(|(name, data_type)| Field::new(name, data_type.unwrap_or(DataType::Utf8), true))
        .collect()
}

fn observe(dialect: &Dialect, types: &mut [Inferred], tokens: &[Token<'_>]) {
    for (so_far, token) in types.iter_mut().zip(tokens) {
        if let Some(text) = dialect.value(token).filter(|text| !text.is_empty()) {
            *so_far = dialect.rules.infer(so_far.take(), text);
        }
    }
}

/// `makeSafeHeader`: repeated names get their place behind them, empty ones are `_c0`.
fn column_names(dialect: &Dialect, first: &[Token<'_>]) -> Vec<String> {
    let plain = |index: usize| format!("_c{index}");
    if !dialect.header {
        return (0..first.len()).map(plain).collect();
    }
    let folded = |name: &str| match dialect.case_sensitive {
        true => name.to_owned(),
        false => name.to_lowercase(),
    };
    let names: Vec<Option<&str>> = first
        .iter()
        .map(|token| dialect.value(token).map(AsRef::as_ref))
        .map(|name: Option<&str>| name.filter(|name| !name.is_empty()))
        .collect();
    let mut seen = std::collections::HashMap::new();
    for name in names.iter().flatten() {
        *seen.entry(folded(name)).or_insert(0) += 1;
    }
    names
        .iter()
        .enumerate()
        .map(|(index, name)| match name {
            Some(name) if seen.get(&folded(name)) > Some(&1) => format!("{name}{index}"),
            Some(name) => (*name).to_owned(),
            None => plain(index),
        })
        .collect()
}
