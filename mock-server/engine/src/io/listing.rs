//! Which files a read means: several paths, directories, globs, and partition values in the names of
//! directories.
//!
//! After Spark's `InMemoryFileIndex` and `PartitioningUtils`. Knows no formats.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;

use crate::catalog::paths::Location;
use crate::error::{Error, Result};
use crate::functions::kernels::cast::temporal;
use crate::types::arrow::timestamp;

/// A file to read.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    pub(crate) uri: String,
    pub(crate) size: u64,
    /// Partition columns and their texts, outermost first; none for a null.
    pub(crate) partition: Vec<(String, Option<String>)>,
}

/// The name that stands for a null or empty partition value.
pub(crate) const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The files of all locations; a location that is not there is Spark's `PATH_NOT_FOUND`.
pub(crate) fn list(locations: &[Location], recursive: bool) -> Result<Vec<Listed>> {
    let mut files = Vec::new();
    for location in locations {
        let found = expand(location)?;
        if found.is_empty() {
            return Err(Error::new(
                "PATH_NOT_FOUND",
                [("path", location.uri.clone())],
            ));
        }
        for place in found {
            let meta = std::fs::metadata(&place.path)
                .map_err(|_| Error::new("PATH_NOT_FOUND", [("path", place.uri.clone())]))?;
            if meta.is_dir() {
                walk(&place, &mut Vec::new(), recursive, &mut files)?;
            } else {
                files.push(listed(&place, &meta, &[]));
            }
        }
    }
    // With partition directories, files beside them belong to no partition and are not read.
    if let Some(keys) = files
        .iter()
        .map(|f| f.partition.len())
        .max()
        .filter(|n| *n > 0)
    {
        files.retain(|file| file.partition.len() == keys);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The places that a path with wildcards means, or the path itself if it is there.
fn expand(location: &Location) -> Result<Vec<Location>> {
    if !location.uri.contains(['*', '?', '[', '{']) {
        return Ok(if location.path.exists() {
            vec![location.clone()]
        } else {
            Vec::new()
        });
    }
    let is_glob = |part: &str| part.contains(['*', '?', '[', '{']);
    let components: Vec<String> = location
        .path
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    let n_globbed = components.iter().skip_while(|part| !is_glob(part)).count();
    let (fixed, patterns) = components.split_at(components.len() - n_globbed);
    let fixed_path: PathBuf = fixed.iter().collect();
    let uri_parts: Vec<&str> = location.uri.split('/').collect();
    let fixed_uri = uri_parts[..uri_parts.len().saturating_sub(n_globbed)].join("/");
    let mut places = vec![Location {
        uri: fixed_uri,
        path: fixed_path,
    }];
    for pattern in patterns {
        let matcher = globset::GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| {
                Error::plain(
                    crate::error::Exception::IllegalArgument,
                    format!("the path {} is no glob: {error}", location.uri),
                )
            })?
            .compile_matcher();
        let mut next = Vec::new();
        for place in places {
            for name in names(&place.path) {
                if matcher.is_match(&name)
                    && (is_glob(pattern) || name == *pattern)
                    && !hidden(&name)
                {
                    next.push(place.child(&name));
                }
            }
        }
        places = next;
    }
    Ok(places)
}

/// The names in a directory in order; none if it is no directory.
fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path)
        .map(|entries| {
            entries
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

/// Spark reads no files whose names begin so, unless a partition's does.
fn hidden(name: &str) -> bool {
    name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
}

fn walk(
    place: &Location,
    partition: &mut Vec<(String, Option<String>)>,
    recursive: bool,
    files: &mut Vec<Listed>,
) -> Result<()> {
    for name in names(&place.path) {
        if hidden(&name) || name.ends_with("._COPYING_") {
            continue;
        }
        let child = place.child(&name);
        // A file may vanish while it is listed.
        let Ok(meta) = std::fs::metadata(&child.path) else {
            continue;
        };
        if !meta.is_dir() {
            files.push(listed(&child, &meta, partition));
        } else if let (Some((key, value)), false) = (name.split_once('='), recursive) {
            partition.push((unescape(key), partition_text(value)));
            walk(&child, partition, recursive, files)?;
            partition.pop();
        } else if recursive {
            walk(&child, partition, recursive, files)?;
        }
    }
    Ok(())
}

fn listed(
    place: &Location,
    meta: &std::fs::Metadata,
    partition: &[(String, Option<String>)],
) -> Listed {
    Listed {
        path: place.path.clone(),
        uri: place.uri.clone(),
        size: meta.len(),
        partition: partition.to_vec(),
    }
}

/// `%3A` and its like in a partition directory's name.
fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A partition value as part of a directory's name, as Spark's `escapePathName`.
pub(crate) fn escape(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"'
            | '#'
            | '%'
            | '\''
            | '*'
            | '/'
            | ':'
            | '='
            | '?'
            | '\\'
            | '{'
            | '['
            | ']'
            | '^'
            | '\u{1}'..='\u{1f}'
            | '\u{7f}' => format!("%{:02X}", u32::from(c)),
            other => other.to_string(),
        })
        .collect()
}

/// The partitions that directories below a table make, with their places.
pub(crate) fn partitions(root: &Location, n_levels: usize) -> Vec<(Vec<Option<String>>, Location)> {
    let mut found = vec![(Vec::new(), root.clone())];
    for _ in 0..n_levels {
        let mut next = Vec::new();
        for (values, place) in found {
            for name in names(&place.path) {
                let child = place.child(&name);
                let value = name.split_once('=').map(|(_, value)| partition_text(value));
                if let Some(value) = value.filter(|_| child.path.is_dir()) {
                    next.push((values.iter().cloned().chain([value]).collect(), child));
                }
            }
        }
        found = next;
    }
    found
}

/// The values that a partition's directory is named after.
pub(crate) fn values_of(directory: &Path) -> Vec<Option<String>> {
    let parts = directory.components();
    let values = parts.filter_map(|part| {
        let name = part.as_os_str().to_string_lossy().into_owned();
        name.split_once('=').map(|(_, value)| partition_text(value))
    });
    values.collect()
}

fn partition_text(written: &str) -> Option<String> {
    let value = unescape(written);
    (value != HIVE_NULL).then_some(value)
}

/// The directory of a partition below its table.
pub(crate) fn directory_of<'v>(
    values: impl IntoIterator<Item = (&'v str, Option<&'v str>)>,
) -> PathBuf {
    let values = values.into_iter();
    values
        .map(|(name, value)| {
            let value = value.map_or_else(|| HIVE_NULL.to_owned(), escape);
            format!("{}={value}", escape(name))
        })
        .collect()
}

/// The files of one partition of a table.
pub(crate) fn of_partition(
    place: &Location,
    partition: &[(String, Option<String>)],
) -> Result<Vec<Listed>> {
    let mut files = Vec::new();
    if place.path.is_dir() {
        walk(place, &mut Vec::new(), true, &mut files)?;
    }
    for file in &mut files {
        file.partition = partition.to_vec();
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The partition columns of files with types after their texts: whole numbers, doubles, dates,
/// timestamps, else strings. A column of the user's schema keeps its type.
pub(crate) fn partition_fields(files: &[Listed], declared: &[Arc<Field>]) -> Vec<Field> {
    let Some(first) = files.first() else {
        return Vec::new();
    };
    first
        .partition
        .iter()
        .enumerate()
        .map(|(index, (name, _))| {
            if let Some(field) = declared
                .iter()
                .find(|f| f.name().eq_ignore_ascii_case(name))
            {
                return field.as_ref().clone().with_nullable(true);
            }
            let texts = files
                .iter()
                .filter_map(|file| file.partition.get(index)?.1.as_deref());
            Field::new(name, partition_type(texts), true)
        })
        .collect()
}

fn partition_type<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> DataType {
    let ladder = [
        DataType::Int32,
        DataType::Int64,
        DataType::Float64,
        DataType::Date32,
        timestamp(),
    ];
    if texts.clone().next().is_none() {
        return DataType::Utf8;
    }
    ladder
        .into_iter()
        .find(|data_type| {
            texts
                .clone()
                .all(|text| value_of(text, data_type).is_some())
        })
        .unwrap_or(DataType::Utf8)
}

/// A text as a value of a type, if it is one.
pub(crate) fn value_of(text: &str, data_type: &DataType) -> Option<ScalarValue> {
    match data_type {
        DataType::Int32 => text.parse().ok().map(|n| ScalarValue::Int32(Some(n))),
        DataType::Int64 => text.parse().ok().map(|n| ScalarValue::Int64(Some(n))),
        DataType::Float64 if text.bytes().any(|b| b.is_ascii_digit()) => {
            text.parse().ok().map(|n| ScalarValue::Float64(Some(n)))
        }
        DataType::Float64 => None,
        DataType::Date32 => super::text::strict_date(text).map(|n| ScalarValue::Date32(Some(n))),
        DataType::Timestamp(_, Some(_)) => (text.as_bytes().get(10) == Some(&b' '))
            .then(|| temporal::timestamp_without_zone(text))
            .flatten()
            .map(|n| ScalarValue::TimestampMicrosecond(Some(n), Some("UTC".into()))),
        DataType::Boolean => text
            .to_lowercase()
            .parse()
            .ok()
            .map(|b| ScalarValue::Boolean(Some(b))),
        DataType::Utf8 => Some(ScalarValue::Utf8(Some(text.to_owned()))),
        other => {
            let text: ArrayRef = Arc::new(arrow::array::StringArray::from(vec![text]));
            let value = arrow::compute::cast(&text, other).ok()?;
            ScalarValue::try_from_array(&value, 0)
                .ok()
                .filter(|value| !value.is_null())
        }
    }
}

/// A partition value in the type of its column.
pub(crate) fn partition_value(text: Option<&str>, data_type: &DataType) -> Result<ScalarValue> {
    match text {
        None => Ok(ScalarValue::try_from(data_type)?),
        Some(text) => match value_of(text, data_type) {
            Some(value) => Ok(value),
            None => Ok(ScalarValue::try_from(data_type)?),
        },
    }
}
