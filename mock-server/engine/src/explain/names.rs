//! What columns are called while a plan is written: users' names and numbers behind them.
//!
//! An identity of ours keeps its number. Some of our operators leave identities alone where Spark's
//! make new ones or keep old ones; those are written under another identity (`show_as`).

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};

use super::notation;
use crate::plan::scope::{Column, ColumnId, Scope};

/// The names known so far.
#[derive(Default)]
pub(super) struct Names {
    /// By internal name (`#7`).
    known: HashMap<String, Shown>,
    /// What an aggregate or window function was written as, by the internal name of its column.
    functions: HashMap<String, (String, &'static str)>,
    /// Common table expressions by name, the innermost last; their place is their number.
    common_tables: Vec<CommonTable>,
    /// Queries that unresolved expressions name, by plan id.
    pending: Vec<i64>,
}

/// A common table expression.
struct CommonTable {
    name: String,
    /// The columns of its query, until a reference has taken them.
    columns: Vec<ColumnId>,
}

#[derive(Clone)]
struct Shown {
    name: Arc<str>,
    id: String,
    data_type: DataType,
}

impl Names {
    /// Learns every column of a scope that is not known.
    pub(super) fn learn_all(&mut self, scope: &Scope) {
        scope
            .columns
            .iter()
            .chain(&scope.hidden)
            .for_each(|column| self.learn(column));
    }

    /// Learns a column unless it is known.
    pub(super) fn learn(&mut self, column: &Column) {
        let internal = column.id.internal_name();
        self.known.entry(internal.clone()).or_insert_with(|| Shown {
            name: Arc::clone(&column.name),
            id: internal,
            data_type: column.data_type.clone(),
        });
    }

    /// From here on the column has the name it says, and another number.
    pub(super) fn rename(&mut self, column: &Column) {
        self.name(
            column.id,
            Arc::clone(&column.name),
            column.data_type.clone(),
        );
        let id = ColumnId::fresh().internal_name();
        if let Some(shown) = self.known.get_mut(&column.id.internal_name()) {
            shown.id = id;
        }
    }

    /// Gives an identity a name.
    pub(super) fn name(&mut self, id: ColumnId, name: Arc<str>, data_type: DataType) {
        let internal = id.internal_name();
        let id = internal.clone();
        self.known.insert(
            internal,
            Shown {
                name,
                id,
                data_type,
            },
        );
    }

    /// The first identity is written as the second from here on.
    pub(super) fn show_as(&mut self, id: &str, other: &str) {
        if let Some(shown) = self.known.get(other).cloned() {
            self.known.insert(id.to_owned(), shown);
        }
    }

    /// A column of a scope.
    pub(super) fn of(&mut self, column: &Column) -> String {
        self.learn(column);
        self.shown(&column.id.internal_name())
    }

    /// A column by its internal name; one that was never named is called after what it is.
    pub(super) fn shown(&self, internal: &str) -> String {
        match self.known.get(internal) {
            Some(shown) => notation::column(&shown.name, &shown.id, &shown.data_type),
            None => match self.functions.get(internal) {
                Some((text, long)) => format!("{text}{internal}{long}"),
                None => internal.to_owned(),
            },
        }
    }

    /// A column of a source that no identity of ours stands for.
    pub(super) fn raw(&mut self, flat: &str, field: &Field) -> String {
        {
            let shown = Shown {
                name: field.name().as_str().into(),
                id: ColumnId::fresh().internal_name(),
                data_type: field.data_type().clone(),
            };
            self.known.insert(flat.to_owned(), shown);
        }
        self.shown(flat)
    }

    /// Whether a column has a name.
    pub(super) fn is_known(&self, internal: &str) -> bool {
        self.known.contains_key(internal)
    }

    /// The name alone.
    pub(super) fn plain(&self, internal: &str) -> Option<&Arc<str>> {
        self.known.get(internal).map(|shown| &shown.name)
    }

    /// A query that an unresolved expression names, to be drawn with the operator; its number.
    pub(super) fn pending_query(&mut self, plan_id: i64) -> String {
        self.pending.push(plan_id);
        ColumnId::fresh().internal_name()
    }

    /// The queries named since the last call.
    pub(super) fn take_pending(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.pending)
    }

    /// Numbers a common table expression.
    pub(super) fn new_common_table(&mut self, name: &str, columns: Vec<ColumnId>) -> usize {
        self.common_tables.push(CommonTable {
            name: name.to_owned(),
            columns,
        });
        self.common_tables.len() - 1
    }

    /// The number of the common table expression that a name means. The columns of its first
    /// reference are those of its query, others are new ones.
    pub(super) fn common_table(&mut self, name: &str, columns: &[Column]) -> usize {
        let mut known = self.common_tables.iter().rev();
        let back = known.position(|known| known.name.eq_ignore_ascii_case(name));
        let number = back.map_or(0, |back| self.common_tables.len() - 1 - back);
        let taken = self
            .common_tables
            .get_mut(number)
            .map(|known| std::mem::take(&mut known.columns));
        for (column, theirs) in columns.iter().zip(taken.unwrap_or_default()) {
            self.show_as(&column.id.internal_name(), &theirs.internal_name());
        }
        number
    }

    /// Remembers what a function's column is computed by.
    pub(super) fn computed(&mut self, internal: String, text: String, long: &'static str) {
        self.functions.insert(internal, (text, long));
    }

    /// What a function's column is computed by.
    pub(super) fn function(&self, internal: &str) -> Option<&String> {
        self.functions.get(internal).map(|(text, _)| text)
    }
}
