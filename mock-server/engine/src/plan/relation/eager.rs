//! Relations whose rows depend on all rows of their input, so that the input runs before the plan is
//! made: `show`, `tail`.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use prost::Message;
use sparring_proto::Required;
use sparring_proto::connect::{self as proto};

use super::{local, row};
use crate::error::{Error, Result};
use crate::functions::kernels;
use crate::functions::{CastMode, cast};
use crate::plan::scope::{Column, Scope};
use crate::plan::sources::Ready;
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};
use crate::show::{self, Style};
use crate::types::interval::Fields;

/// The most rows Spark shows: `ByteArrayMethods.MAX_ROUNDED_ARRAY_LENGTH - 1`.
const MOST_ROWS: i32 = 2_147_483_631;

impl Planner<'_> {
    /// `ShowString`: one row with the text that `show` prints.
    pub(super) fn show_string(&self, node: &proto::ShowString) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("show_string.input")?)?;
        let style = style(node.num_rows, node.truncate, node.vertical);
        let rows = self.shown(b"show", node.encode_to_vec(), input, style)?;
        let text = show::text_table(&names(&rows), &rows.batches, style, self.context.time_zone)?;
        one_text("show_string", text)
    }

    /// `HtmlString`: the same as an HTML table.
    pub(super) fn html_string(&self, node: &proto::HtmlString) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("html_string.input")?)?;
        let style = style(node.num_rows, node.truncate, false);
        let rows = self.shown(b"html", node.encode_to_vec(), input, style)?;
        let text = show::html_table(&names(&rows), &rows.batches, style, self.context.time_zone)?;
        one_text("html_string", text)
    }

    fn shown(
        &self,
        kind: &[u8],
        node: Vec<u8>,
        input: Planned,
        style: Style,
    ) -> Result<Arc<Ready>> {
        let first = row::limited(input, 0, Some(style.rows + 1))?;
        self.rows(kind, node, self.intervals_as_text(first)?)
    }

    /// The rows with intervals as text: which fields one has is a note on its column, which the
    /// printer does not see.
    fn intervals_as_text(&self, input: Planned) -> Result<Planned> {
        let is_interval =
            |column: &Column| Fields::of(&column.data_type, &column.metadata).is_some();
        if !input.scope.columns.iter().any(is_interval) {
            return Ok(input);
        }
        let mode = CastMode::implicit(self.context);
        let list = input
            .scope
            .columns
            .iter()
            .map(|column| {
                let value = Typed::column(column);
                if !is_interval(column) {
                    return Ok((column.clone(), value));
                }
                let value = cast(self.context, value, &DataType::Utf8, mode, None)?;
                let text = Column::new(Arc::clone(&column.name), DataType::Utf8, column.nullable);
                Ok((text, value))
            })
            .collect::<Result<Vec<_>>>()?;
        let plan = project(input.plan, &list)?;
        let columns = list.into_iter().map(|(column, _)| column).collect();
        Ok(Planned::new(plan, Scope::of(columns)))
    }

    /// `Tail`: the last rows, in order.
    pub(super) fn tail(&self, node: &proto::Tail) -> Result<Planned> {
        let input = self.relation(node.input.as_deref().required("tail.input")?)?;
        let wanted = usize::try_from(node.limit).map_err(|_| {
            Error::new(
                "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
                [
                    ("name", "tail".to_owned()),
                    ("expr", format!("\"{}\"", node.limit)),
                    ("v", node.limit.to_string()),
                ],
            )
        })?;
        let scope = input.scope.clone();
        let rows = self.rows(b"tail", node.encode_to_vec(), input)?;
        let mut left = wanted;
        let mut kept = Vec::new();
        for batch in rows.batches.iter().rev() {
            let take = left.min(batch.num_rows());
            kept.push(batch.slice(batch.num_rows() - take, take));
            left -= take;
            if left == 0 {
                break;
            }
        }
        kept.reverse();
        let mut planned = local::table(Arc::clone(&rows.schema), kept)?;
        for (column, source) in planned.scope.columns.iter_mut().zip(scope.columns) {
            column.metadata = source.metadata;
            column.qualifier = source.qualifier;
        }
        Ok(planned)
    }

    /// The rows that a node needs at planning, under a key that is the node's own.
    pub(super) fn rows(&self, kind: &[u8], node: Vec<u8>, input: Planned) -> Result<Arc<Ready>> {
        let mut key = kind.to_vec();
        key.extend(node);
        self.sources.rows(key, input)
    }
}

fn style(rows: i32, truncate: i32, vertical: bool) -> Style {
    Style {
        rows: usize::try_from(rows.clamp(0, MOST_ROWS)).unwrap_or(0),
        truncate: usize::try_from(truncate).unwrap_or(0),
        vertical,
    }
}

fn names(rows: &Ready) -> Vec<&str> {
    rows.schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect()
}

fn one_text(name: &str, text: String) -> Result<Planned> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Utf8, false)]));
    let column: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let batch = kernels::batch(Arc::clone(&schema), vec![column], 1)?;
    local::table(schema, vec![batch])
}
