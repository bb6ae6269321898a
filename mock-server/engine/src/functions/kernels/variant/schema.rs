//! What type the values of variants have: `schema_of_variant`.

use super::{Kind, Variant};
use crate::error::Result;

/// A type as these functions tell it; objects are no structs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Schema {
    Void,
    Leaf(&'static str),
    /// Whole digits and those behind the point.
    Decimal(i16, i16),
    Array(Box<Schema>),
    Object(Vec<(String, Schema)>),
    /// Whatever has no type in common.
    Variant,
}

/// The type of one value.
pub(crate) fn of(variant: Variant<'_>) -> Result<Schema> {
    Ok(match variant.kind()? {
        Kind::Null => Schema::Void,
        Kind::Boolean(_) => Schema::Leaf("BOOLEAN"),
        Kind::Long(_) => Schema::Leaf("BIGINT"),
        Kind::Double(_) => Schema::Leaf("DOUBLE"),
        Kind::Float(_) => Schema::Leaf("FLOAT"),
        Kind::Decimal(unscaled, scale) => {
            let digits = unscaled
                .unsigned_abs()
                .checked_ilog10()
                .map_or(1, |log| log + 1);
            let scale = i16::from(scale);
            let precision = i16::try_from(digits).unwrap_or(38).max(scale);
            Schema::Decimal(precision, scale)
        }
        Kind::Date(_) => Schema::Leaf("DATE"),
        Kind::Timestamp(_) => Schema::Leaf("TIMESTAMP"),
        Kind::TimestampNtz(_) => Schema::Leaf("TIMESTAMP_NTZ"),
        Kind::Binary(_) => Schema::Leaf("BINARY"),
        Kind::Text(_) | Kind::Uuid(_) => Schema::Leaf("STRING"),
        Kind::Array(items) => {
            let mut all = Schema::Void;
            for item in items {
                all = both(all, of(item)?);
            }
            Schema::Array(Box::new(all))
        }
        Kind::Object(members) => {
            let members = members
                .into_iter()
                .map(|(name, member)| Ok((name.to_owned(), of(member)?)))
                .collect::<Result<_>>()?;
            Schema::Object(members)
        }
    })
}

/// The type of both, as JSON's inference merges them.
pub(crate) fn both(left: Schema, right: Schema) -> Schema {
    use Schema as S;
    match (left, right) {
        (S::Void, other) | (other, S::Void) => other,
        (a, b) if a == b => a,
        (S::Decimal(p, s), S::Decimal(q, t)) => wider((p, s), (q, t)),
        (S::Leaf("BIGINT"), S::Decimal(p, s)) | (S::Decimal(p, s), S::Leaf("BIGINT")) => {
            wider((20, 0), (p, s))
        }
        (S::Leaf("DOUBLE" | "FLOAT"), S::Leaf("BIGINT" | "DOUBLE" | "FLOAT") | S::Decimal(..))
        | (S::Leaf("BIGINT") | S::Decimal(..), S::Leaf("DOUBLE" | "FLOAT")) => S::Leaf("DOUBLE"),
        (S::Leaf("TIMESTAMP"), S::Leaf("TIMESTAMP_NTZ"))
        | (S::Leaf("TIMESTAMP_NTZ"), S::Leaf("TIMESTAMP")) => S::Leaf("TIMESTAMP"),
        (S::Array(a), S::Array(b)) => S::Array(Box::new(both(*a, *b))),
        (S::Object(a), S::Object(b)) => {
            let mut all = a;
            for (name, schema) in b {
                match all.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => {
                        let before = std::mem::replace(known, S::Void);
                        *known = both(before, schema);
                    }
                    None => all.push((name, schema)),
                }
            }
            all.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            S::Object(all)
        }
        _ => S::Variant,
    }
}

/// The decimal of both, or a double where there is none so large.
fn wider((p, s): (i16, i16), (q, t): (i16, i16)) -> Schema {
    let scale = s.max(t);
    let precision = (p - s).max(q - t) + scale;
    if precision > 38 {
        Schema::Leaf("DOUBLE")
    } else {
        Schema::Decimal(precision, scale)
    }
}

impl Schema {
    /// The type in Spark's words.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Void => "VOID".to_owned(),
            Self::Leaf(name) => (*name).to_owned(),
            Self::Decimal(precision, scale) => format!("DECIMAL({precision},{scale})"),
            Self::Array(item) => format!("ARRAY<{}>", item.text()),
            Self::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, schema)| format!("{}: {}", quoted_if_needed(name), schema.text()))
                    .collect();
                format!("OBJECT<{}>", members.join(", "))
            }
            Self::Variant => "VARIANT".to_owned(),
        }
    }
}

/// Names that are no plain identifier stand in backquotes.
fn quoted_if_needed(name: &str) -> String {
    let mut bytes = name.bytes();
    let plain = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}
