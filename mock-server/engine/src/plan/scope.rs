//! Names: which columns a relation has, as the user sees them, and which internal column each is.
//!
//! Duplicate output names are normal in Spark and an error in DataFusion, so every column carries a
//! unique internal name (`#7`) inside plans; users' names live only here and are put on at the edge.
//! Knows nothing of how expressions are built.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::{DataType, Field};
use datafusion::common::Column as PlanColumn;
use datafusion::logical_expr::Expr;

/// The identity of a column in plans, as Spark's `ExprId`: it survives filters, sorts, joins and
/// plain references in projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ColumnId(u64);

static NEXT: AtomicU64 = AtomicU64::new(1);

impl ColumnId {
    /// An identity that no other column has.
    pub(crate) fn fresh() -> Self {
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The column's name inside DataFusion plans.
    pub(crate) fn internal_name(self) -> String {
        format!("#{}", self.0)
    }

    /// The identity of the column of a name inside DataFusion plans.
    pub(crate) fn named(internal_name: &str) -> Option<Self> {
        internal_name.strip_prefix('#')?.parse().ok().map(Self)
    }

    /// A reference to the column.
    pub(crate) fn expr(self) -> Expr {
        Expr::Column(PlanColumn::new_unqualified(self.internal_name()))
    }
}

/// One column of a relation.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// The name that users see; case is kept, matching ignores it.
    pub(crate) name: Arc<str>,
    /// The identity.
    pub(crate) id: ColumnId,
    /// The type.
    pub(crate) data_type: DataType,
    /// Whether Spark says that it may be null.
    pub(crate) nullable: bool,
    /// Spark's column metadata: JSON text by key.
    pub(crate) metadata: Arc<HashMap<String, String>>,
    /// The table alias, or `catalog.schema.table`, under which it can be addressed.
    pub(crate) qualifier: Arc<[String]>,
}

impl Column {
    /// A new column without qualifier and metadata.
    pub(crate) fn new(name: impl Into<Arc<str>>, data_type: DataType, nullable: bool) -> Self {
        Self {
            name: name.into(),
            id: ColumnId::fresh(),
            data_type,
            nullable,
            metadata: Arc::default(),
            qualifier: Arc::from([]),
        }
    }

    /// The column as a field of Spark's schema.
    pub(crate) fn field(&self) -> Field {
        Field::new(self.name.as_ref(), self.data_type.clone(), self.nullable)
            .with_metadata(self.metadata.as_ref().clone())
    }

    /// A reference to the column.
    pub(crate) fn expr(&self) -> Expr {
        self.id.expr()
    }
}

/// The outputs of the DataFrame with a plan id, as seen from further up: one for each place where it
/// occurs below.
#[derive(Debug, Clone)]
pub(crate) struct PlanOutput {
    /// The columns it had at each place.
    pub(crate) occurrences: Vec<Occurrence>,
}

/// The columns of a DataFrame at one place.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    /// Those that it shows.
    pub(crate) columns: Arc<[Column]>,
    /// Those that only a qualified name finds.
    pub(crate) hidden: Arc<[Column]>,
}

/// What names mean at one place in a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The visible columns, in order.
    pub(crate) columns: Vec<Column>,
    /// Columns that `*` does not show but a qualified name or a DataFrame reference finds, such as
    /// the other side's key of a USING join, or `_metadata`.
    pub(crate) hidden: Vec<Column>,
    /// Outputs of the DataFrames below, by plan id.
    pub(crate) plans: HashMap<i64, PlanOutput>,
}

impl Scope {
    /// A scope of these columns and nothing else.
    pub(crate) fn of(columns: Vec<Column>) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    /// The scope above an operator that replaces the columns: plan outputs stay known.
    pub(crate) fn replaced(&self, columns: Vec<Column>) -> Self {
        Self {
            columns,
            hidden: Vec::new(),
            plans: self.plans.clone(),
        }
    }

    /// Remembers that the relation with this plan id has the present columns.
    pub(crate) fn mark(&mut self, plan_id: i64) {
        let occurrence = Occurrence {
            columns: self.columns.as_slice().into(),
            hidden: self.hidden.as_slice().into(),
        };
        self.plans.insert(
            plan_id,
            PlanOutput {
                occurrences: vec![occurrence],
            },
        );
    }

    /// The scope of two inputs side by side.
    pub(crate) fn beside(self, right: Scope) -> Self {
        let mut plans = self.plans;
        for (id, theirs) in right.plans {
            match plans.get_mut(&id) {
                None => {
                    plans.insert(id, theirs);
                }
                Some(ours) => ours.occurrences.extend(theirs.occurrences),
            }
        }
        let mut columns = self.columns;
        columns.extend(right.columns);
        let mut hidden = self.hidden;
        hidden.extend(right.hidden);
        Self {
            columns,
            hidden,
            plans,
        }
    }

    /// The column of an identity, visible or hidden.
    pub(crate) fn by_id(&self, id: ColumnId) -> Option<&Column> {
        self.columns
            .iter()
            .chain(&self.hidden)
            .find(|column| column.id == id)
    }

    /// Gives every visible column the alias as its only qualifier.
    pub(crate) fn qualified(mut self, qualifier: Vec<String>) -> Self {
        let qualifier: Arc<[String]> = qualifier.into();
        for column in &mut self.columns {
            column.qualifier = Arc::clone(&qualifier);
        }
        self
    }
}
