//! Writing variants: values in the smallest form that holds them, names numbered as they come.

use std::collections::HashMap;

use super::{Kind, Variant};
use crate::error::{Error, Result};
use crate::functions::kernels::json::Value;

/// What one value may take; Spark's limit.
const SIZE_LIMIT: usize = 128 << 20;

/// A variant under construction.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    value: Vec<u8>,
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

/// Why a text is no variant.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A name twice in one object.
    Duplicate,
    /// Larger than Spark allows.
    TooLarge,
}

const fn primitive(id: u8) -> u8 {
    id << 2
}

/// How many bytes a number needs.
fn width(number: usize) -> usize {
    match number {
        0..=0xFF => 1,
        0x100..=0xFFFF => 2,
        0x1_0000..=0xFF_FFFF => 3,
        _ => 4,
    }
}

fn push_number(out: &mut Vec<u8>, number: usize, width: usize) {
    out.extend(number.to_le_bytes().into_iter().take(width));
}

fn code(width: usize) -> u8 {
    u8::try_from(width - 1).unwrap_or(3)
}

impl Builder {
    /// The value and its dictionary.
    pub(crate) fn finish(self) -> (Vec<u8>, Vec<u8>) {
        let bytes: usize = self.names.iter().map(String::len).sum();
        let width = width(bytes.max(self.names.len()));
        let mut metadata = vec![1 | (code(width) << 6)];
        push_number(&mut metadata, self.names.len(), width);
        let mut offset = 0;
        for name in &self.names {
            push_number(&mut metadata, offset, width);
            offset += name.len();
        }
        push_number(&mut metadata, offset, width);
        metadata.extend(self.names.iter().flat_map(|name| name.bytes()));
        (self.value, metadata)
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len();
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    pub(crate) fn null(&mut self) {
        self.value.push(primitive(0));
    }

    pub(crate) fn boolean(&mut self, value: bool) {
        self.value.push(primitive(if value { 1 } else { 2 }));
    }

    pub(crate) fn long(&mut self, value: i64) {
        if let Ok(small) = i8::try_from(value) {
            self.fixed(3, &small.to_le_bytes());
        } else if let Ok(small) = i16::try_from(value) {
            self.fixed(4, &small.to_le_bytes());
        } else if let Ok(small) = i32::try_from(value) {
            self.fixed(5, &small.to_le_bytes());
        } else {
            self.fixed(6, &value.to_le_bytes());
        }
    }

    fn fixed(&mut self, id: u8, bytes: &[u8]) {
        self.value.push(primitive(id));
        self.value.extend(bytes);
    }

    pub(crate) fn double(&mut self, value: f64) {
        self.fixed(7, &value.to_le_bytes());
    }

    pub(crate) fn float(&mut self, value: f32) {
        self.fixed(14, &value.to_le_bytes());
    }

    pub(crate) fn date(&mut self, days: i32) {
        self.fixed(11, &days.to_le_bytes());
    }

    pub(crate) fn timestamp(&mut self, micros: i64) {
        self.fixed(12, &micros.to_le_bytes());
    }

    pub(crate) fn timestamp_ntz(&mut self, micros: i64) {
        self.fixed(13, &micros.to_le_bytes());
    }

    pub(crate) fn decimal(&mut self, unscaled: i128, scale: i8) {
        let precision = digits(unscaled);
        let scale_fits = |limit: i8| scale <= limit;
        let bytes = unscaled.to_le_bytes();
        let (id, length) = match precision {
            0..=9 if scale_fits(9) => (8, 4),
            0..=18 if scale_fits(18) => (9, 8),
            _ => (10, 16),
        };
        self.value.push(primitive(id));
        self.value.extend(scale.to_le_bytes());
        self.value.extend(bytes.iter().take(length));
    }

    pub(crate) fn binary(&mut self, bytes: &[u8]) {
        self.value.push(primitive(15));
        push_number(&mut self.value, bytes.len(), 4);
        self.value.extend(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(short) if short <= 63 => self.value.push((short << 2) | 1),
            _ => {
                self.value.push(primitive(16));
                push_number(&mut self.value, text.len(), 4);
            }
        }
        self.value.extend(text.bytes());
    }

    /// An array whose items the closure writes, each by one call of its argument.
    pub(crate) fn array<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let start = self.value.len();
        let mut offsets = Vec::new();
        for item in items {
            offsets.push(self.value.len() - start);
            write(self, item)?;
        }
        let size = self.value.len() - start;
        offsets.push(size);
        let n = offsets.len() - 1;
        let large = n > 0xFF;
        let offset_width = width(size);
        let info = (u8::from(large) << 2) | code(offset_width);
        let mut head = vec![(info << 2) | 3];
        push_number(&mut head, n, if large { 4 } else { 1 });
        for offset in offsets {
            push_number(&mut head, offset, offset_width);
        }
        self.insert(start, head)
    }

    /// An object whose members' values the closure writes; of equal names the second is refused.
    pub(crate) fn object<'n, T>(
        &mut self,
        members: impl IntoIterator<Item = (&'n str, T)>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let start = self.value.len();
        let mut fields: Vec<(&str, usize, usize)> = Vec::new();
        for (name, member) in members {
            let number = self.number(name);
            fields.push((name, number, self.value.len() - start));
            write(self, member)?;
        }
        let size = self.value.len() - start;
        // Java compares strings by their UTF-16 units.
        fields.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        if fields.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Refusal::Duplicate);
        }
        let n = fields.len();
        let large = n > 0xFF;
        let id_width = width(fields.iter().map(|field| field.1).max().unwrap_or(0));
        let offset_width = width(size);
        let info = (u8::from(large) << 4) | (code(id_width) << 2) | code(offset_width);
        let mut head = vec![(info << 2) | 2];
        push_number(&mut head, n, if large { 4 } else { 1 });
        for field in &fields {
            push_number(&mut head, field.1, id_width);
        }
        for field in &fields {
            push_number(&mut head, field.2, offset_width);
        }
        push_number(&mut head, size, offset_width);
        self.insert(start, head)
    }

    fn insert(&mut self, start: usize, head: Vec<u8>) -> Result<(), Refusal> {
        self.value.splice(start..start, head);
        if self.value.len() > SIZE_LIMIT {
            return Err(Refusal::TooLarge);
        }
        Ok(())
    }

    /// A JSON value: whole numbers as longs, others as decimals where their text is one.
    pub(crate) fn json(&mut self, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Null => self.null(),
            Value::Bool(value) => self.boolean(*value),
            Value::Number(digits) => self.json_number(digits),
            Value::Text(text) => self.text(text),
            Value::Array(items) => return self.array(items, Self::json),
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), value));
                return self.object(members, Self::json);
            }
        }
        Ok(())
    }

    fn json_number(&mut self, text: &str) {
        let is_whole = !text.contains(['.', 'e', 'E']);
        if let Some(long) = text.parse::<i64>().ok().filter(|_| is_whole) {
            return self.long(long);
        }
        let scale = text.find('.').map_or(0, |point| text.len() - point - 1);
        let unscaled = text.replace('.', "").parse::<i128>().ok();
        match (unscaled, i8::try_from(scale)) {
            (Some(unscaled), Ok(scale))
                if !text.contains(['e', 'E']) && scale <= 38 && digits(unscaled) <= 38 =>
            {
                self.decimal(unscaled, scale);
            }
            _ => self.double(text.parse().unwrap_or(f64::NAN)),
        }
    }

    /// A variant copied, its names numbered anew.
    pub(crate) fn variant(&mut self, variant: Variant<'_>) -> Result<()> {
        self.kind(&variant.kind()?, variant)
    }

    fn kind(&mut self, kind: &Kind<'_>, whole: Variant<'_>) -> Result<()> {
        let mut failed = None;
        let mut copy = |builder: &mut Self, part: Variant<'_>| {
            if failed.is_none()
                && let Err(error) = builder.variant(part)
            {
                failed = Some(error);
            }
            Ok(())
        };
        let done = match kind {
            Kind::Array(items) => self.array(items.iter().copied(), &mut copy),
            Kind::Object(members) => self.object(members.iter().copied(), &mut copy),
            _ => {
                let length = scalar_length(whole.value)?;
                self.value.extend(whole.value.iter().take(length));
                Ok(())
            }
        };
        if let Some(error) = failed {
            return Err(error);
        }
        done.map_err(|_| Error::of("MALFORMED_VARIANT"))
    }
}

/// How many decimal digits a number has.
fn digits(number: i128) -> u32 {
    number
        .unsigned_abs()
        .checked_ilog10()
        .map_or(1, |log| log + 1)
}

/// How many bytes a value that is neither array nor object takes.
fn scalar_length(value: &[u8]) -> Result<usize> {
    let header = *value.first().ok_or_else(super::malformed)?;
    if header & 3 == 1 {
        return Ok(1 + usize::from(header >> 2));
    }
    Ok(match header >> 2 {
        3 => 2,
        4 => 3,
        5 | 11 | 14 => 5,
        6 | 7 | 12 | 13 => 9,
        8 => 6,
        9 => 10,
        10 => 18,
        15 | 16 => 5 + super::unsigned(value, 1, 4)?,
        20 => 17,
        _ => 1,
    })
}
