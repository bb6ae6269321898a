//! A lambda's body over whole batches of items: the body becomes a physical expression once, and is
//! evaluated over every item of every row together.
//!
//! Knows nothing of particular functions; `functions/lambdas/` says what is done with the answers.

use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column as PlanColumn, DFSchema};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};

use crate::error::{Error, Result};
use crate::plan::scope::Column;
use crate::plan::typed::Typed;
use crate::types::arrow::relabel;

/// A lambda that can be evaluated.
#[derive(Debug)]
pub(crate) struct Body {
    /// The body over its variables and `captured`.
    logical: Expr,
    data_type: DataType,
    variables: Vec<Column>,
    /// What of the row around the body reads: arguments of the kernel that evaluates it.
    pub(crate) captured: Vec<Expr>,
    /// Made for the first batch, when the types of what is captured are known.
    compiled: OnceLock<(SchemaRef, Arc<dyn PhysicalExpr>)>,
}

impl Body {
    /// Prepares a body with these variables.
    pub(crate) fn new(body: &Typed, variables: &[Column]) -> Result<Self> {
        let mut captured: Vec<Expr> = Vec::new();
        let own: Vec<String> = variables.iter().map(|v| v.id.internal_name()).collect();
        let rewritten = body.expr.clone().transform_down(|expr| {
            // What belongs to the row around is computed there: columns, and aggregates and windows
            // whole, because their planners look for them outside of functions.
            let outside = match &expr {
                Expr::Column(column) => !own.contains(&column.name),
                Expr::OuterReferenceColumn(..)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::ScalarSubquery(_) => true,
                _ => false,
            };
            if !outside {
                return Ok(Transformed::no(expr));
            }
            let known = captured.iter().position(|other| *other == expr);
            let at = known.unwrap_or_else(|| {
                captured.push(expr);
                captured.len() - 1
            });
            let name = PlanColumn::new_unqualified(captured_name(at));
            Ok(Transformed::new(
                Expr::Column(name),
                true,
                TreeNodeRecursion::Jump,
            ))
        })?;
        Ok(Self {
            logical: rewritten.data,
            data_type: body.data_type.clone(),
            variables: variables.to_vec(),
            captured,
            compiled: OnceLock::new(),
        })
    }

    /// The body spelled out, for the identity of the kernel that evaluates it.
    pub(crate) fn identity(&self) -> String {
        let own: Vec<String> = self
            .variables
            .iter()
            .map(|v| v.id.internal_name())
            .collect();
        format!("({}) -> {}", own.join(", "), self.logical)
    }

    /// The body for every item: `variables` have a value an item, `captured` a value a row, and
    /// `rows` says to which row each item belongs.
    pub(crate) fn evaluate(
        &self,
        variables: Vec<ArrayRef>,
        captured: &[ArrayRef],
        rows: &UInt32Array,
    ) -> Result<ArrayRef> {
        let mut columns = Vec::with_capacity(variables.len() + captured.len());
        for (value, variable) in variables.iter().zip(&self.variables) {
            columns.push(relabel(value, &variable.data_type)?);
        }
        for value in captured {
            columns.push(take(value, rows, None)?);
        }
        let (schema, physical) = self.compiled(&columns)?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
        let values = physical.evaluate(&batch)?.into_array(rows.len())?;
        relabel(&values, &self.data_type)
    }

    fn compiled(&self, columns: &[ArrayRef]) -> Result<&(SchemaRef, Arc<dyn PhysicalExpr>)> {
        if let Some(compiled) = self.compiled.get() {
            return Ok(compiled);
        }
        let n = self.variables.len();
        let fields: Vec<Field> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let name = match self.variables.get(at) {
                    Some(variable) => variable.id.internal_name(),
                    None => captured_name(at - n),
                };
                Field::new(name, column.data_type().clone(), true)
            })
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let named = Arc::new(DFSchema::try_from(schema.as_ref().clone())?);
        let context = SimplifyContext::builder()
            .with_schema(Arc::clone(&named))
            .build();
        let logical = ExprSimplifier::new(context).coerce(self.logical.clone(), &named)?;
        let physical = create_physical_expr(
            &logical,
            &named,
            &ExecutionProps::new(),
            &PhysicalPlanningContext::default(),
        )?;
        self.compiled
            .set((schema, physical))
            .or(Ok::<(), Error>(()))?;
        self.compiled
            .get()
            .ok_or_else(|| Error::internal("a lambda lost its body"))
    }
}

fn captured_name(index: usize) -> String {
    format!("captured{index}")
}
