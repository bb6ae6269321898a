//! `UNION`, `INTERSECT`, `EXCEPT`: columns by place or by name, widened to common types.

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::logical_expr::{Expr, LogicalPlan, Operator, Union};
use sparring_proto::Required;
use sparring_proto::connect::set_operation::SetOpType;
use sparring_proto::connect::{self as proto};

use super::row;
use crate::error::{Error, QueryContext, Result};
use crate::functions::{CastMode, cast, comparable};
use crate::plan::scope::{Column, ColumnId, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project};
use crate::types::coerce::common;
use crate::types::interval::Fields;
use crate::types::sql_name;

impl Planner<'_> {
    /// `SetOperation`.
    pub(super) fn set_operation(
        &self,
        node: &proto::SetOperation,
        origin: Option<QueryContext>,
    ) -> Result<Planned> {
        let left = self.relation(node.left_input.as_deref().required("set_op.left_input")?)?;
        let right = self.relation(node.right_input.as_deref().required("set_op.right_input")?)?;
        let (name, operation) = match node.set_op_type() {
            SetOpType::Union => ("UNION", SetOpType::Union),
            SetOpType::Intersect => ("INTERSECT", SetOpType::Intersect),
            SetOpType::Except => ("EXCEPT", SetOpType::Except),
            SetOpType::Unspecified => {
                return Err(Error::invalid_plan(
                    "the set operation does not say its type",
                ));
            }
        };
        let (left, right) = if node.by_name() {
            self.by_name(left, right, node.allow_missing_columns())?
        } else {
            ((values(&left), left), (values(&right), right))
        };
        let ((left_values, left), (right_values, right)) = (left, right);
        if left_values.len() != right_values.len() {
            return Err(Error::new(
                "NUM_COLUMNS_MISMATCH",
                [
                    ("operator", name.to_owned()),
                    ("firstNumColumns", left_values.len().to_string()),
                    ("invalidOrdinalNum", "second".to_owned()),
                    ("invalidNumColumns", right_values.len().to_string()),
                ],
            ));
        }
        let mut columns = Vec::with_capacity(left_values.len());
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for (index, (l, r)) in left_values.into_iter().zip(right_values).enumerate() {
            let data_type = common(&l.data_type, &r.data_type, self.context.ansi)
                .ok_or_else(|| incompatible(name, index, &l, &r))?;
            // A widened column is a new one: an alias of a cast, without the marks of the old.
            let mut metadata = if l.data_type == data_type {
                Arc::clone(&l.metadata)
            } else {
                Arc::default()
            };
            let fields = [&l, &r]
                .into_iter()
                .filter_map(|side| Fields::of(&side.data_type, &side.metadata))
                .reduce(Fields::with);
            if let Some(fields) = fields {
                fields.note(&data_type, &mut metadata);
            }
            let mode = CastMode::implicit(self.context);
            let l = cast(self.context, l, &data_type, mode, origin.clone())?;
            let r = cast(self.context, r, &data_type, mode, origin.clone())?;
            let mut column = Column::new(
                Arc::clone(&l.name),
                data_type,
                match operation {
                    SetOpType::Union => l.nullable || r.nullable,
                    SetOpType::Intersect => l.nullable && r.nullable,
                    _ => l.nullable,
                },
            );
            column.metadata = metadata;
            lefts.push((column.clone(), l));
            rights.push((column.clone(), r));
            columns.push(column);
        }
        let scope = Scope {
            hidden: Vec::new(),
            ..left.scope.replaced(columns)
        };
        let left = project(left.plan, &lefts)?;
        let right = project(right.plan, &rights)?;
        if operation == SetOpType::Union {
            let inputs = vec![Arc::new(left), Arc::new(right)];
            let plan = LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?);
            let all = Planned::new(plan, scope);
            return if node.is_all() {
                Ok(all)
            } else {
                row::distinct(all)
            };
        }
        let kind = if operation == SetOpType::Intersect {
            JoinType::LeftSemi
        } else {
            JoinType::LeftAnti
        };
        self.matching(
            Planned::new(left, scope.clone()),
            Planned::new(right, scope),
            kind,
            node.is_all(),
        )
    }

    /// INTERSECT and EXCEPT: a semi or anti join in which nulls are equal. With ALL each row carries
    /// its number among its equals, so that multiplicities count as in Spark.
    fn matching(
        &self,
        left: Planned,
        right: Planned,
        kind: JoinType,
        all: bool,
    ) -> Result<Planned> {
        let scope = left.scope.clone();
        let (left, right) = if all {
            (numbered(left)?, numbered(right.fresh()?)?)
        } else {
            (row::distinct(left)?, right.fresh()?)
        };
        let conditions = left
            .scope
            .columns
            .iter()
            .zip(&right.scope.columns)
            .map(|(l, r)| {
                Expr::BinaryExpr(datafusion::logical_expr::BinaryExpr::new(
                    Box::new(comparable(Typed::column(l))),
                    Operator::IsNotDistinctFrom,
                    Box::new(comparable(Typed::column(r))),
                ))
            })
            .collect();
        let done = super::join::joined(left, right, kind, conditions)?;
        let kept: Vec<_> = scope
            .columns
            .iter()
            .map(|column| {
                // What counts equal rows knows them by one spelling.
                let value = Typed::column(column);
                let expr = comparable(value.clone());
                (column.clone(), Typed { expr, ..value })
            })
            .collect();
        Ok(Planned::new(project(done.plan, &kept)?, scope))
    }

    /// Columns of the right side in the order of the left's names.
    fn by_name(&self, left: Planned, right: Planned, allow_missing: bool) -> Result<(Side, Side)> {
        let find = |values: &[Typed], name: &str| -> Option<usize> {
            values
                .iter()
                .position(|value| self.context.same_name(&value.name, name))
        };
        let mut left_values = values(&left);
        let right_values = values(&right);
        let mut ordered = Vec::with_capacity(left_values.len());
        let mut used = vec![false; right_values.len()];
        for value in &left_values {
            match find(&right_values, &value.name) {
                Some(index) => {
                    used[index] = true;
                    ordered.push(right_values[index].clone());
                }
                None if allow_missing => {
                    let null = Typed::null(value.data_type.clone());
                    ordered.push(null.named(Arc::clone(&value.name)));
                }
                None => {
                    let known: Vec<&str> = right_values.iter().map(|v| v.name.as_ref()).collect();
                    return Err(Error::new(
                        "_LEGACY_ERROR_TEMP_1201",
                        [
                            ("colName", value.name.to_string()),
                            ("fieldNames", known.join(", ")),
                        ],
                    ));
                }
            }
        }
        for (value, used) in right_values.into_iter().zip(used) {
            if !used && allow_missing {
                let null = Typed::null(value.data_type.clone());
                left_values.push(null.named(Arc::clone(&value.name)));
                ordered.push(value);
            } else if !used {
                // More columns on the right: the count tells.
                ordered.push(value);
            }
        }
        Ok(((left_values, left), (ordered, right)))
    }
}

type Side = (Vec<Typed>, Planned);

fn values(planned: &Planned) -> Vec<Typed> {
    planned.scope.columns.iter().map(Typed::column).collect()
}

/// The rows with their number among equal rows as a further column.
fn numbered(input: Planned) -> Result<Planned> {
    use datafusion::functions_window::row_number::row_number_udwf;
    use datafusion::logical_expr::expr::{WindowFunction, WindowFunctionParams};
    use datafusion::logical_expr::{Window, WindowFrame, WindowFunctionDefinition};
    let id = ColumnId::fresh();
    let expr = Expr::WindowFunction(Box::new(WindowFunction {
        fun: WindowFunctionDefinition::WindowUDF(row_number_udwf()),
        params: WindowFunctionParams {
            args: Vec::new(),
            partition_by: input
                .scope
                .columns
                .iter()
                .map(|column| comparable(Typed::column(column)))
                .collect(),
            order_by: Vec::new(),
            window_frame: WindowFrame::new(None),
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }));
    let plan = LogicalPlan::Window(Window::try_new(
        vec![expr.alias(id.internal_name())],
        Arc::new(input.plan),
    )?);
    let mut column = Column::new("row_number", arrow::datatypes::DataType::UInt64, false);
    column.id = id;
    let mut scope = input.scope;
    scope.columns.push(column);
    Ok(Planned::new(plan, scope))
}

fn incompatible(name: &str, index: usize, left: &Typed, right: &Typed) -> Error {
    const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];
    let ordinal = ORDINALS
        .get(index)
        .map_or_else(|| format!("{}th", index + 1), |o| (*o).to_owned());
    Error::new(
        "INCOMPATIBLE_COLUMN_TYPE",
        [
            ("operator", name.to_owned()),
            ("columnOrdinalNumber", ordinal),
            ("tableOrdinalNumber", "second".to_owned()),
            ("dataType1", format!("\"{}\"", sql_name(&right.data_type))),
            ("dataType2", format!("\"{}\"", sql_name(&left.data_type))),
            ("hint", String::new()),
        ],
    )
}
