//! Rows from one row: generators in select lists, table functions, lateral joins.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{JoinType, NullHandling, UnnestOptions};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use sparring_proto::Required;
use sparring_proto::connect::expression::ExprType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto};
use sparring_sql::lower::internal;

use super::local;
use super::project::one_row;
use crate::error::{Error, Exception, QueryContext, Result};
use crate::functions::{self, Generator, kernels::nested};
use crate::io::range::Range;
use crate::plan::expression::{Item, is_variable};
use crate::plan::names::{Names, Outer};
use crate::plan::scope::{Column, ColumnId, Scope};
use crate::plan::typed::Typed;
use crate::plan::{Planned, Planner, project, subqueries};

impl Planner<'_> {
    /// A select list's generators put below the list: each row of the first with each of the next.
    pub(super) fn generate(
        &self,
        input: Planned,
        items: Vec<Item>,
    ) -> Result<(Planned, Vec<Typed>)> {
        let mut below = input;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::Value(value) => values.push(value),
                Item::Generator(generator) => {
                    let columns = generator.columns.clone();
                    below = unnest(below, generator)?;
                    values.extend(columns.iter().map(Typed::column));
                    // The next generator keeps them.
                    below.scope.hidden.extend(columns);
                }
            }
        }
        Ok((below, values))
    }

    /// `LateralJoin`: a table function or query on the right that sees the columns of the left.
    pub(super) fn lateral_join(&self, node: &proto::LateralJoin) -> Result<Planned> {
        let left = self.relation(node.left.as_deref().required("lateral_join.left")?)?;
        let right = node.right.as_deref().required("lateral_join.right")?;
        let outer = match node.join_type() {
            proto::join::JoinType::Inner | proto::join::JoinType::Cross => false,
            proto::join::JoinType::LeftOuter => true,
            other => {
                return Err(Error::new(
                    "INVALID_LATERAL_JOIN_TYPE",
                    [("joinType", format!("{other:?}").to_uppercase())],
                ));
            }
        };
        // A range of constants is a relation like any other.
        let is_generator = |(function, _): &(&proto::UnresolvedTableValuedFunction, Naming)| {
            !function.function_name.eq_ignore_ascii_case("range")
                && self.sql_function(&function.function_name).is_none()
        };
        let Some((function, names)) = table_function(right).filter(is_generator) else {
            return self.lateral_query(node, left, right, outer);
        };
        let call = proto::expression::UnresolvedFunction {
            function_name: function.function_name.clone(),
            arguments: function.arguments.clone(),
            ..Default::default()
        };
        let generator = self
            .table_generator(&call, &Names::of(&left.scope, self.outer()), None)?
            .ok_or_else(|| not_a_table_function(&function.function_name))?;
        let mut generator = names.rename(generator)?;
        generator.outer |= outer;
        if outer {
            let columns = generator.columns.iter_mut();
            columns.for_each(|column| column.nullable = true);
        }
        if let Some(qualifier) = names.qualifier {
            let qualifier: Arc<[String]> = vec![qualifier].into();
            generator
                .columns
                .iter_mut()
                .for_each(|c| c.qualifier = Arc::clone(&qualifier));
        }
        let mut scope = left.scope.clone();
        scope.columns.extend(generator.columns.iter().cloned());
        let planned = Planned {
            scope,
            ..unnest(left, generator)?
        };
        match &node.join_condition {
            Some(condition) if !outer => {
                let condition = self.resolve(condition, &planned.scope)?;
                self.keep(planned, condition, false)
            }
            Some(_) => Err(Error::unsupported("LEFT JOIN LATERAL with a condition")),
            None => Ok(planned),
        }
    }

    /// A query on the right that sees the columns of the left.
    fn lateral_query(
        &self,
        node: &proto::LateralJoin,
        left: Planned,
        right: &proto::Relation,
        outer: bool,
    ) -> Result<Planned> {
        let around = Outer {
            scope: &left.scope,
            parent: self.outer(),
        };
        let mut right = self.inside(&around).relation(right)?.fresh()?;
        if outer {
            let columns = right.scope.columns.iter_mut();
            columns.for_each(|column| column.nullable = true);
        }
        let scope = left.scope.clone().beside(right.scope);
        let condition = match &node.join_condition {
            Some(condition) => Some(self.join_condition(condition, &scope)?),
            None => None,
        };
        let kind = if outer {
            JoinType::Left
        } else {
            JoinType::Inner
        };
        let plan = subqueries::lateral(left.plan, right.plan, kind, condition)?;
        Ok(Planned::new(plan, scope))
    }

    /// A table function on its own: `range(3)`, `explode(array(1))`, VALUES.
    pub(super) fn table_valued_function(
        &self,
        node: &proto::UnresolvedTableValuedFunction,
        origin: Option<QueryContext>,
    ) -> Result<Planned> {
        if node.function_name == internal::INLINE_TABLE {
            return self.inline_table(node);
        }
        if let Some(found) = self.sql_function(&node.function_name)
            && let Some(planned) = self.sql_table(&found, &node.arguments, origin)?
        {
            return Ok(planned);
        }
        if node.function_name.eq_ignore_ascii_case("range") {
            return self.range_function(node);
        }
        let call = proto::expression::UnresolvedFunction {
            function_name: node.function_name.clone(),
            arguments: node.arguments.clone(),
            ..Default::default()
        };
        let empty = Scope::default();
        let generator = self
            .table_generator(&call, &Names::of(&empty, self.outer()), None)?
            .ok_or_else(|| not_a_table_function(&node.function_name))?;
        let columns = generator.columns.clone();
        let planned = unnest(one_row(), generator)?;
        Ok(Planned::new(planned.plan, Scope::of(columns)))
    }

    fn range_function(&self, node: &proto::UnresolvedTableValuedFunction) -> Result<Planned> {
        let empty = Scope::default();
        let n_arguments = node.arguments.len();
        if !(1..=4).contains(&n_arguments) {
            return Err(Error::new(
                "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                [
                    ("functionName", "`range`".to_owned()),
                    ("expectedNum", "[1, 2, 3, 4]".to_owned()),
                    ("actualNum", n_arguments.to_string()),
                    ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
                ],
            ));
        }
        let mut numbers = Vec::with_capacity(n_arguments);
        for (index, argument) in node.arguments.iter().enumerate() {
            // Spark looks at the named argument itself, which is no constant.
            if let Some(ExprType::NamedArgumentExpression(_)) = &argument.expr_type {
                // With one argument it is the second parameter, the end.
                let place = if n_arguments == 1 { 1 } else { index };
                return Err(not_constant(place));
            }
            let value = self.resolve(argument, &empty)?;
            // Spark takes a variable alone, a parameter and what a SQL function makes for no constants.
            let is_constant = value.is_foldable()
                && value.expr.column_refs().is_empty()
                && !is_variable(&value)
                && !has_outer_reference(&value)
                && self.sql_call_in(argument).is_none();
            if !is_constant {
                let place = if n_arguments == 1 { 1 } else { index };
                return Err(not_constant(place));
            }
            if value.data_type == DataType::Null {
                // With one argument it is the second parameter, the end.
                let place = if n_arguments == 1 { 1 } else { index };
                return Err(null_argument(place, &value));
            }
            let found = self.fold_i64(value)?;
            numbers.push(found.ok_or_else(|| Error::invalid_plan("an argument of range is null"))?);
        }
        let (start, end, step) = match numbers.as_slice() {
            [end] => (0, *end, 1),
            [start, end] => (*start, *end, 1),
            [start, end, step] => (*start, *end, *step),
            [start, end, step, partitions, ..] if *partitions > 0 => (*start, *end, *step),
            [_, _, _, _, ..] => {
                return Err(Error::plain(
                    Exception::Java("java.lang.IllegalArgumentException"),
                    "Positive number of partitions required",
                ));
            }
            [] => return Err(Error::internal("range lost its arguments")),
        };
        if step == 0 {
            return Err(Error::new(
                "FAILED_FUNCTION_CALL",
                [("funcName", "`range`")],
            ));
        }
        local::range_of(Range::new(start, end, step))
    }

    /// VALUES: every row is a struct; columns take the common type of their values.
    fn inline_table(&self, node: &proto::UnresolvedTableValuedFunction) -> Result<Planned> {
        let empty = Scope::default();
        let names = Names::of(&empty, self.outer());
        let mut rows: Vec<Vec<Typed>> = Vec::with_capacity(node.arguments.len());
        for argument in &node.arguments {
            let Some(ExprType::UnresolvedFunction(row)) = &argument.expr_type else {
                return Err(Error::invalid_plan("a row of VALUES is no struct"));
            };
            rows.push(
                row.arguments
                    .iter()
                    .map(|value| {
                        let found = self.expression(value, &names)?;
                        let outer = has_outer_reference(&found).then(|| {
                            self.origin(value.common.as_ref().and_then(|c| c.origin.as_ref()))
                        });
                        let call = self.sql_call_in(value).map(|(_, origin)| origin);
                        match call.or(outer) {
                            None => Ok(found),
                            Some(origin) => Err(Error::new(
                                "INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE",
                                [("expr", format!("\"{}\"", found.name))],
                            )
                            .at(origin)),
                        }
                    })
                    .collect::<Result<Vec<_>>>()?,
            );
        }
        // Spark's parser reads constants, and leaves calls to the analyzer.
        let has_call = node.arguments.iter().any(|row| match &row.expr_type {
            Some(ExprType::UnresolvedFunction(row)) => row.arguments.iter().any(|value| {
                matches!(&value.expr_type, Some(ExprType::UnresolvedFunction(call))
                    if !call.is_internal() && !call.function_name.starts_with(['-', '+']))
            }),
            _ => false,
        });
        crate::io::inline::table(self, rows).map_err(|error| match error.class() {
            Some("INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE") if !has_call => {
                error.thrown_as(Exception::Parse)
            }
            _ => error,
        })
    }
}

/// How a lateral table function is named: `AS t(a, b)`.
#[derive(Default)]
struct Naming {
    qualifier: Option<String>,
    columns: Vec<String>,
}

impl Naming {
    fn rename(&self, generator: Generator) -> Result<Generator> {
        if self.columns.is_empty() {
            return Ok(generator);
        }
        let mut generator = generator;
        if self.columns.len() != generator.columns.len() {
            return Err(Error::new(
                "UDTF_ALIAS_NUMBER_MISMATCH",
                [
                    ("aliasesSize", generator.columns.len().to_string()),
                    ("aliasesNames", self.columns.join(",")),
                ],
            ));
        }
        for (column, name) in generator.columns.iter_mut().zip(&self.columns) {
            column.name = name.as_str().into();
        }
        Ok(generator)
    }
}

/// The table function below aliases and renames.
fn table_function(
    relation: &proto::Relation,
) -> Option<(&proto::UnresolvedTableValuedFunction, Naming)> {
    match relation.rel_type.as_ref()? {
        RelType::UnresolvedTableValuedFunction(function) => Some((function, Naming::default())),
        RelType::SubqueryAlias(alias) => {
            let (function, mut naming) = table_function(alias.input.as_deref()?)?;
            naming.qualifier = Some(alias.alias.clone());
            Some((function, naming))
        }
        RelType::ToDf(names) => {
            let (function, mut naming) = table_function(names.input.as_deref()?)?;
            naming.columns.clone_from(&names.column_names);
            Some((function, naming))
        }
        _ => None,
    }
}

/// Spark's complaint about an argument of `range` that is no constant.
fn not_constant(place: usize) -> Error {
    let name = ["start", "end", "step", "numSlices"].get(place);
    Error::new(
        "NON_FOLDABLE_ARGUMENT",
        [
            ("funcName", "`range`".to_owned()),
            (
                "paramName",
                format!("`{}`", name.copied().unwrap_or_default()),
            ),
            ("paramType", "\"BIGINT\"".to_owned()),
        ],
    )
}

fn has_outer_reference(value: &Typed) -> bool {
    let is_outer = |expr: &Expr| matches!(expr, Expr::OuterReferenceColumn(..));
    let found = value.expr.exists(|expr| Ok(is_outer(expr)));
    found.unwrap_or(false)
}

/// Spark's complaint about a bare null among the arguments of `range`.
fn null_argument(index: usize, value: &Typed) -> Error {
    const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];
    Error::new(
        "UNEXPECTED_INPUT_TYPE",
        [
            (
                "paramIndex",
                ORDINALS.get(index).copied().unwrap_or("next").to_owned(),
            ),
            ("functionName", "`range`".to_owned()),
            ("requiredType", "\"BIGINT\"".to_owned()),
            ("inputSql", format!("\"{}\"", value.name)),
            ("inputType", "\"VOID\"".to_owned()),
        ],
    )
}

fn not_a_table_function(name: &str) -> Error {
    Error::new(
        "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
        [("name", format!("`{name}`"))],
    )
}

/// The generator's items as rows beside the input's columns.
pub(super) fn unnest(input: Planned, generator: Generator) -> Result<Planned> {
    let list_id = ColumnId::fresh();
    let all: Vec<Column> = input
        .scope
        .columns
        .iter()
        .chain(&input.scope.hidden)
        .cloned()
        .collect();
    let mut seen = std::collections::HashSet::new();
    let mut exprs: Vec<_> = all
        .iter()
        .filter(|column| seen.insert(column.id))
        .map(Column::expr)
        .collect();
    exprs.push(generator.list.alias(list_id.internal_name()));
    let handling = if generator.outer {
        NullHandling::PreserveAndExpandEmpty
    } else {
        NullHandling::Drop
    };
    let options = UnnestOptions::default().with_null_handling(handling);
    let plan = LogicalPlanBuilder::from(input.plan)
        .project(exprs)?
        .unnest_column_with_options(
            datafusion::common::Column::new_unqualified(list_id.internal_name()),
            options,
        )?
        .build()?;
    let mut kept: Vec<(Column, Typed)> = all
        .iter()
        .map(|column| (column.clone(), Typed::column(column)))
        .collect();
    if generator.is_struct {
        let fields = generator.columns.iter().map(|c| {
            arrow::datatypes::Field::new(c.name.as_ref(), c.data_type.clone(), c.nullable)
        });
        let item_type = DataType::Struct(fields.map(Arc::new).collect());
        for (index, column) in generator.columns.iter().enumerate() {
            let field = functions::kernel::Kernel::typed(
                "generated_field",
                format!("{index} of {item_type}"),
                (column.data_type.clone(), column.nullable || generator.outer),
                vec![list_id.expr()],
                Arc::clone(&column.name),
                move |args| nested::struct_field(&args.array(0)?, index),
            );
            kept.push((column.clone(), field));
        }
    } else if let Some(column) = generator.columns.first() {
        let nullable = column.nullable || generator.outer;
        let value = Typed::new(
            list_id.expr(),
            column.data_type.clone(),
            nullable,
            Arc::clone(&column.name),
        );
        kept.push((column.clone(), value));
    }
    let plan = project(plan, &kept)?;
    Ok(Planned {
        plan,
        scope: input.scope,
        below: None,
    })
}
