//! A resolved expression with what Spark knows of it: type, nullability, and the name it would get.
//!
//! Knows nothing of scopes; expressions get here already resolved.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;

use super::scope::{Column, ColumnId};
use crate::types::arrow::relabel;

/// A resolved expression.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    /// What DataFusion evaluates; its Arrow type is `data_type`.
    pub(crate) expr: Expr,
    /// The type, in the engine's one spelling.
    pub(crate) data_type: DataType,
    /// Whether Spark says that it may be null.
    pub(crate) nullable: bool,
    /// The name Spark gives it when the user gives none (`sum(a)`, `(a + 1)`).
    pub(crate) name: Arc<str>,
    /// Column metadata, for plain references and aliases.
    pub(crate) metadata: Arc<HashMap<String, String>>,
    /// The identity, when this is nothing but a reference to a column.
    pub(crate) id: Option<ColumnId>,
    /// The name in an output, where it is not `name`: an alias, or the last part of `a.b`.
    pub(crate) alias: Option<Arc<str>>,
}

impl Typed {
    /// A computed value.
    pub(crate) fn new(
        expr: Expr,
        data_type: DataType,
        nullable: bool,
        name: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            expr,
            data_type,
            nullable,
            name: name.into(),
            metadata: Arc::default(),
            id: None,
            alias: None,
        }
    }

    /// A reference to a column.
    pub(crate) fn column(column: &Column) -> Self {
        Self {
            expr: column.expr(),
            data_type: column.data_type.clone(),
            nullable: column.nullable,
            name: Arc::clone(&column.name),
            metadata: Arc::clone(&column.metadata),
            id: Some(column.id),
            alias: None,
        }
    }

    /// A constant.
    pub(crate) fn literal(
        value: ScalarValue,
        data_type: DataType,
        name: impl Into<Arc<str>>,
    ) -> Self {
        let nullable = value.is_null();
        Self::new(Expr::Literal(value, None), data_type, nullable, name)
    }

    /// A null of a type.
    pub(crate) fn null(data_type: DataType) -> Self {
        let value = ScalarValue::try_from(&data_type).unwrap_or(ScalarValue::Null);
        Self::literal(value, data_type, "NULL")
    }

    /// The same value under another name.
    #[must_use]
    pub(crate) fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// The same value under an alias.
    #[must_use]
    pub(crate) fn aliased(mut self, alias: impl Into<Arc<str>>) -> Self {
        self.alias = Some(alias.into());
        self.id = None;
        self
    }

    /// The name the value has in an output.
    pub(crate) fn output_name(&self) -> &Arc<str> {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// The constant, if this is one.
    pub(crate) fn constant(&self) -> Option<&ScalarValue> {
        match &self.expr {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        }
    }

    /// The constant string, if this is one.
    pub(crate) fn constant_str(&self) -> Option<&str> {
        match self.constant()? {
            ScalarValue::Utf8(Some(text)) => Some(text),
            _ => None,
        }
    }

    /// The constant whole number, if this is one.
    pub(crate) fn constant_i64(&self) -> Option<i64> {
        match self.constant()? {
            ScalarValue::Int8(Some(n)) => Some(i64::from(*n)),
            ScalarValue::Int16(Some(n)) => Some(i64::from(*n)),
            ScalarValue::Int32(Some(n)) => Some(i64::from(*n)),
            ScalarValue::Int64(Some(n)) => Some(*n),
            _ => None,
        }
    }

    /// Whether the value is the same for every row: no column, aggregate or randomness in it.
    pub(crate) fn is_foldable(&self) -> bool {
        self.expr.column_refs().is_empty()
            && !self.expr.is_volatile()
            && !self.has_aggregate()
            && !self.has_subquery()
    }

    /// Whether an aggregate function is in it.
    pub(crate) fn has_aggregate(&self) -> bool {
        use datafusion::common::tree_node::TreeNode;
        self.expr
            .exists(|e| Ok(matches!(e, Expr::AggregateFunction(_))))
            .unwrap_or(false)
    }

    /// Whether a window function is in it.
    pub(crate) fn has_window(&self) -> bool {
        use datafusion::common::tree_node::TreeNode;
        self.expr
            .exists(|e| Ok(matches!(e, Expr::WindowFunction(_))))
            .unwrap_or(false)
    }

    /// Whether a subquery is in it.
    pub(crate) fn has_subquery(&self) -> bool {
        use datafusion::common::tree_node::TreeNode;
        let is_subquery = |expr: &Expr| {
            matches!(
                expr,
                Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_)
            )
        };
        self.expr
            .exists(|expr| Ok(is_subquery(expr)))
            .unwrap_or(false)
    }

    /// The value as a new column under its own name; a plain reference keeps its identity.
    pub(crate) fn to_column(&self) -> Column {
        let mut column = Column::new(
            Arc::clone(self.output_name()),
            self.data_type.clone(),
            self.nullable,
        );
        column.metadata = Arc::clone(&self.metadata);
        if let Some(id) = self.id {
            column.id = id;
        }
        column
    }

    /// The value as a field of a struct.
    pub(crate) fn field(&self) -> Field {
        Field::new(
            self.output_name().as_ref(),
            self.data_type.clone(),
            self.nullable,
        )
        .with_metadata(self.metadata.as_ref().clone())
    }
}

/// A scalar in exactly the engine's spelling of its type.
pub(crate) fn scalar_of(
    value: &ScalarValue,
    data_type: &DataType,
) -> crate::error::Result<ScalarValue> {
    let array = relabel(&value.to_array()?, data_type)?;
    Ok(ScalarValue::try_from_array(&array, 0)?)
}
