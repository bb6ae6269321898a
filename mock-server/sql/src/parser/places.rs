//! Where things stand in the text: bytes to lines, columns and character indices, and the origins of nodes.

use sparring_proto::connect as proto;

use super::{Parser, identifier};
use crate::error::QueryContext;

impl Parser<'_> {
    /// The origin of what lies between a token and the cursor.
    pub(crate) fn origin_from(&self, start: usize) -> proto::Origin {
        self.origin_between(start, self.at)
    }

    /// The origin of what lies between two tokens, the last one excluded.
    pub(crate) fn origin_between(&self, start: usize, end: usize) -> proto::Origin {
        let first = self.tokens[start].start;
        let last = self.tokens[end.max(start + 1) - 1]
            .end
            .saturating_sub(1)
            .max(first);
        let (line, position) = self.places.line_and_position(first);
        proto::Origin {
            function: Some(proto::origin::Function::JvmOrigin(proto::JvmOrigin {
                line: Some(line as i32),
                start_position: Some(position as i32),
                start_index: Some(self.places.char_index(first) as i32),
                stop_index: Some(self.places.char_index(last) as i32),
                ..Default::default()
            })),
        }
    }

    /// The first place where a name of these parts stands.
    pub(crate) fn locate(&mut self, name: &[String]) -> Option<QueryContext> {
        for index in 0..self.tokens.len() {
            self.at = index;
            if !identifier::is_identifier(self.kind()) {
                continue;
            }
            let found = identifier::multipart_identifier(self);
            if found.is_ok_and(|parts| parts == name) {
                return Some(self.error(index, self.at, "", None, "", &[]).context());
            }
        }
        None
    }

    /// The expression, marked as what lies between a token and the cursor.
    pub(crate) fn placed(&self, start: usize, expression: proto::Expression) -> proto::Expression {
        self.placed_between(start, self.at, expression)
    }

    /// The relation, marked as what lies between a token and the cursor.
    pub(crate) fn placed_relation(
        &self,
        start: usize,
        mut relation: proto::Relation,
    ) -> proto::Relation {
        let common = relation.common.get_or_insert_default();
        common.origin = Some(self.origin_from(start));
        relation
    }

    pub(crate) fn placed_between(
        &self,
        start: usize,
        end: usize,
        mut expression: proto::Expression,
    ) -> proto::Expression {
        expression.common = Some(proto::ExpressionCommon {
            origin: Some(self.origin_between(start, end)),
        });
        expression
    }
}

/// Where the lines and the characters of a text begin; bytes alone do for an ASCII text of one line.
pub(super) struct Places {
    /// Bytes behind each line feed.
    line_starts: Vec<u32>,
    /// Bytes that do not begin a character.
    inner_bytes: Vec<u32>,
}

impl Places {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let positions = |wanted: fn(u8) -> bool| {
            let found = bytes
                .iter()
                .enumerate()
                .filter(move |(_, byte)| wanted(**byte));
            found.map(|(at, _)| at as u32)
        };
        let line_starts = positions(|byte| byte == b'\n').map(|at| at + 1).collect();
        let inner_bytes = if text.is_ascii() {
            Vec::new()
        } else {
            positions(|byte| byte & 0xC0 == 0x80).collect()
        };
        Self {
            line_starts,
            inner_bytes,
        }
    }

    pub(super) fn char_index(&self, byte: u32) -> u32 {
        byte - self.inner_bytes.partition_point(|inner| *inner <= byte) as u32
    }

    /// Line from 1, position in it from 0.
    pub(super) fn line_and_position(&self, byte: u32) -> (u32, u32) {
        let n_lines_before = self.line_starts.partition_point(|start| *start <= byte);
        let line_start = match n_lines_before {
            0 => 0,
            n => self.line_starts[n - 1],
        };
        (
            n_lines_before as u32 + 1,
            self.char_index(byte) - self.char_index(line_start),
        )
    }
}
