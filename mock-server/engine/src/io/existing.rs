//! Values of rows that are older than a column of their table: the column's default when it was added
//! (`ResolveDefaultColumns.existenceDefaultValues`).
//!
//! Knows no tables: the value is a note in the column's metadata.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Scalar};
use arrow::compute::kernels::zip::zip;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result as PlanResult;
use datafusion::physical_expr_adapter::{
    DefaultPhysicalExprAdapterFactory, PhysicalExprAdapter, PhysicalExprAdapterFactory,
    replace_columns_with_literals,
};
use datafusion::physical_plan::PhysicalExpr;

use crate::error::Result;
use crate::functions::{CastMode, cast};
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::expression::evaluate;
use crate::plan::scope::Scope;
use crate::plan::sources::Sources;

/// The key of a column's metadata.
pub(crate) const EXISTS: &str = "EXISTS_DEFAULT";

/// Values by column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Existing(HashMap<String, ScalarValue>);

impl Existing {
    /// Those of columns that have one.
    pub(crate) fn of(context: &Context, fields: &[Field]) -> Result<Self> {
        let mut found = HashMap::new();
        for field in fields {
            let note = field.metadata().get(EXISTS);
            let Some(text) = note.and_then(|note| serde_json::from_str::<String>(note).ok()) else {
                continue;
            };
            let sources = Sources::default();
            let planner = Planner::new(context, &sources).without_session();
            let parsed = sparring_sql::parse_expression(&text)?;
            let value = planner.resolve(&parsed, &Scope::default())?;
            let value = cast(context, value, field.data_type(), CastMode::Ansi, None)?;
            found.insert(field.name().clone(), evaluate(&value.expr)?);
        }
        Ok(Self(found))
    }

    /// A column with its value where a record has none.
    pub(crate) fn put_in(
        &self,
        name: &str,
        column: ArrayRef,
        is_there: impl FnOnce() -> BooleanArray,
    ) -> Result<ArrayRef> {
        let Some(value) = self.0.get(name) else {
            return Ok(column);
        };
        let is_there = is_there();
        if is_there.true_count() == is_there.len() {
            return Ok(column);
        }
        let value = Scalar::new(value.to_array()?);
        Ok(zip(&is_there, &column, &value)?)
    }

    /// What makes an expression over the table's columns one over a file's; none if no column has a value.
    pub(crate) fn adapter(&self) -> Option<Arc<dyn PhysicalExprAdapterFactory>> {
        let factory = || Arc::new(self.clone()) as Arc<dyn PhysicalExprAdapterFactory>;
        (!self.0.is_empty()).then(factory)
    }
}

impl PhysicalExprAdapterFactory for Existing {
    fn create(
        &self,
        logical_file_schema: SchemaRef,
        physical_file_schema: SchemaRef,
    ) -> PlanResult<Arc<dyn PhysicalExprAdapter>> {
        let is_missing = |name: &str, schema: &Schema| schema.index_of(name).is_err();
        let mut missing = self.0.clone();
        missing.retain(|name, _| is_missing(name, &physical_file_schema));
        let plain =
            DefaultPhysicalExprAdapterFactory.create(logical_file_schema, physical_file_schema)?;
        Ok(Arc::new(Adapter { missing, plain }))
    }
}

#[derive(Debug)]
struct Adapter {
    missing: HashMap<String, ScalarValue>,
    plain: Arc<dyn PhysicalExprAdapter>,
}

impl PhysicalExprAdapter for Adapter {
    fn rewrite(&self, expr: Arc<dyn PhysicalExpr>) -> PlanResult<Arc<dyn PhysicalExpr>> {
        let expr = replace_columns_with_literals(expr, &self.missing)?;
        self.plain.rewrite(expr)
    }
}
