//! Variants: values of any type in Spark's binary encoding, version 1 (the Parquet project's "Variant
//! Binary Encoding").
//!
//! This file reads them; `build.rs` writes them, `path.rs` walks into them, `json.rs` shows them.

pub(crate) mod build;
pub(crate) mod cast;
pub(crate) mod columns;
pub(crate) mod json;
pub(crate) mod path;
pub(crate) mod schema;

use crate::error::{Error, Result};

/// A value and the dictionary that its objects' names are in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variant<'a> {
    /// The value's bytes, and whatever follows them.
    pub(crate) value: &'a [u8],
    /// The dictionary.
    pub(crate) metadata: &'a [u8],
}

/// What a variant is.
#[derive(Debug, Clone)]
pub(crate) enum Kind<'a> {
    Null,
    Boolean(bool),
    Long(i64),
    Double(f64),
    Float(f32),
    /// Unscaled value and scale, without zeros at the end.
    Decimal(i128, i8),
    Date(i32),
    Timestamp(i64),
    TimestampNtz(i64),
    Binary(&'a [u8]),
    Text(&'a str),
    Uuid(uuid::Uuid),
    Array(Vec<Variant<'a>>),
    /// Members in the order of their names.
    Object(Vec<(&'a str, Variant<'a>)>),
}

/// How wide the numbers at the head of an array or object are.
struct Members {
    size_width: usize,
    id_width: usize,
    offset_width: usize,
}

impl Members {
    fn of_object(info: u8) -> Self {
        Self {
            size_width: if info & 16 == 0 { 1 } else { 4 },
            id_width: usize::from((info >> 2) & 3) + 1,
            offset_width: usize::from(info & 3) + 1,
        }
    }

    fn of_array(info: u8) -> Self {
        Self {
            size_width: if info & 4 == 0 { 1 } else { 4 },
            id_width: 0,
            offset_width: usize::from(info & 3) + 1,
        }
    }
}

fn malformed() -> Error {
    Error::of("MALFORMED_VARIANT")
}

fn unsigned(bytes: &[u8], at: usize, width: usize) -> Result<usize> {
    let part = bytes.get(at..at + width).ok_or_else(malformed)?;
    Ok(part
        .iter()
        .rev()
        .fold(0, |number, byte| (number << 8) | usize::from(*byte)))
}

fn fixed<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let part = bytes.get(at..at + N).ok_or_else(malformed)?;
    part.try_into().map_err(|_| malformed())
}

impl<'a> Variant<'a> {
    fn header(self) -> Result<u8> {
        self.value.first().copied().ok_or_else(malformed)
    }

    /// Whether the value is a null of its own, which is no SQL null.
    pub(crate) fn is_null(self) -> bool {
        self.value.first() == Some(&0)
    }

    fn at(self, offset: usize) -> Result<Self> {
        Ok(Self {
            value: self.value.get(offset..).ok_or_else(malformed)?,
            ..self
        })
    }

    /// The name of a number in the dictionary.
    fn name(self, id: usize) -> Result<&'a str> {
        let width = usize::from(self.metadata.first().ok_or_else(malformed)? >> 6) + 1;
        let size = unsigned(self.metadata, 1, width)?;
        let offset = |index: usize| unsigned(self.metadata, 1 + (index + 1) * width, width);
        let start = 1 + (size + 2) * width;
        let name = self
            .metadata
            .get(start + offset(id)?..start + offset(id + 1)?)
            .ok_or_else(malformed)?;
        std::str::from_utf8(name).map_err(|_| malformed())
    }

    /// The value decoded, its members not.
    pub(crate) fn kind(self) -> Result<Kind<'a>> {
        let header = self.header()?;
        let (basic, info) = (header & 3, header >> 2);
        match basic {
            0 => self.primitive(info),
            1 => self.text(1, usize::from(info)).map(Kind::Text),
            2 => self.object(info),
            _ => self.array(info),
        }
    }

    /// The value's own bytes, without what follows them.
    pub(crate) fn bytes(self) -> Result<&'a [u8]> {
        let header = self.header()?;
        let (basic, info) = (header & 3, header >> 2);
        let length = match (basic, info) {
            (0, 0..=2) => 1,
            (0, 3) => 2,
            (0, 4) => 3,
            (0, 5 | 11 | 14) => 5,
            (0, 6 | 7 | 12 | 13) => 9,
            (0, 8) => 6,
            (0, 9) => 10,
            (0, 10) => 18,
            (0, 20) => 17,
            (0, _) => 5 + unsigned(self.value, 1, 4)?,
            (1, _) => 1 + usize::from(info),
            (2, _) => self.end(Members::of_object(info))?,
            (_, _) => self.end(Members::of_array(info))?,
        };
        self.value.get(..length).ok_or_else(malformed)
    }

    /// Where a value with members ends: the last of its offsets says so.
    fn end(self, members: Members) -> Result<usize> {
        let size = unsigned(self.value, 1, members.size_width)?;
        let offsets = 1 + members.size_width + size * members.id_width;
        let width = members.offset_width;
        let last = unsigned(self.value, offsets + size * width, width)?;
        Ok(offsets + (size + 1) * width + last)
    }

    fn text(self, at: usize, length: usize) -> Result<&'a str> {
        let bytes = self.value.get(at..at + length).ok_or_else(malformed)?;
        std::str::from_utf8(bytes).map_err(|_| malformed())
    }

    fn primitive(self, info: u8) -> Result<Kind<'a>> {
        let value = self.value;
        Ok(match info {
            0 => Kind::Null,
            1 => Kind::Boolean(true),
            2 => Kind::Boolean(false),
            3 => Kind::Long(i64::from(i8::from_le_bytes(fixed(value, 1)?))),
            4 => Kind::Long(i64::from(i16::from_le_bytes(fixed(value, 1)?))),
            5 => Kind::Long(i64::from(i32::from_le_bytes(fixed(value, 1)?))),
            6 => Kind::Long(i64::from_le_bytes(fixed(value, 1)?)),
            7 => Kind::Double(f64::from_le_bytes(fixed(value, 1)?)),
            8 => self.decimal(i128::from(i32::from_le_bytes(fixed(value, 2)?)))?,
            9 => self.decimal(i128::from(i64::from_le_bytes(fixed(value, 2)?)))?,
            10 => self.decimal(i128::from_le_bytes(fixed(value, 2)?))?,
            11 => Kind::Date(i32::from_le_bytes(fixed(value, 1)?)),
            12 => Kind::Timestamp(i64::from_le_bytes(fixed(value, 1)?)),
            13 => Kind::TimestampNtz(i64::from_le_bytes(fixed(value, 1)?)),
            14 => Kind::Float(f32::from_le_bytes(fixed(value, 1)?)),
            15 => {
                let length = unsigned(value, 1, 4)?;
                Kind::Binary(value.get(5..5 + length).ok_or_else(malformed)?)
            }
            16 => Kind::Text(self.text(5, unsigned(value, 1, 4)?)?),
            20 => Kind::Uuid(uuid::Uuid::from_bytes(fixed(value, 1)?)),
            id => {
                return Err(Error::new(
                    "UNKNOWN_PRIMITIVE_TYPE_IN_VARIANT",
                    [("id", id.to_string())],
                ));
            }
        })
    }

    fn decimal(self, mut unscaled: i128) -> Result<Kind<'a>> {
        let mut scale = i8::from_le_bytes(fixed(self.value, 1)?);
        while scale > 0 && unscaled % 10 == 0 {
            unscaled /= 10;
            scale -= 1;
        }
        Ok(Kind::Decimal(unscaled, scale))
    }

    fn object(self, info: u8) -> Result<Kind<'a>> {
        let Members {
            size_width,
            id_width,
            offset_width,
        } = Members::of_object(info);
        let size = unsigned(self.value, 1, size_width)?;
        let ids = 1 + size_width;
        let offsets = ids + size * id_width;
        let data = offsets + (size + 1) * offset_width;
        let members = (0..size).map(|index| {
            let id = unsigned(self.value, ids + index * id_width, id_width)?;
            let offset = unsigned(self.value, offsets + index * offset_width, offset_width)?;
            Ok((self.name(id)?, self.at(data + offset)?))
        });
        members.collect::<Result<_>>().map(Kind::Object)
    }

    fn array(self, info: u8) -> Result<Kind<'a>> {
        let Members {
            size_width,
            offset_width,
            ..
        } = Members::of_array(info);
        let size = unsigned(self.value, 1, size_width)?;
        let offsets = 1 + size_width;
        let data = offsets + (size + 1) * offset_width;
        let items = (0..size).map(|index| {
            let offset = unsigned(self.value, offsets + index * offset_width, offset_width)?;
            self.at(data + offset)
        });
        items.collect::<Result<_>>().map(Kind::Array)
    }
}
