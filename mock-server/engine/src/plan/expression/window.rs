//! `OVER (…)`: the function, its partitions and order, and Spark's name for all of it; frames have
//! their own file.
//!
//! The window stays inside the expression; the projection takes it out and puts a window node below.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf};
use datafusion::logical_expr::expr::{NullTreatment, WindowFunction, WindowFunctionParams};
use datafusion::logical_expr::{Expr, WindowFunctionDefinition};
use sparring_proto::Required;
use sparring_proto::connect::expression::{ExprType, UnresolvedFunction, Window};

use super::frame;
use crate::error::{Error, QueryContext, Result};
use crate::functions::{Build, CastMode, WindowCall, cast, comparable, framed};
use crate::plan::Planner;
use crate::plan::names::Names;
use crate::plan::typed::Typed;
use crate::types::names::quote_parts;

impl Planner<'_> {
    pub(super) fn window(
        &self,
        window: &Window,
        names: &Names<'_>,
        origin: Option<QueryContext>,
    ) -> Result<Typed> {
        let function = window
            .window_function
            .as_deref()
            .required("window.window_function")?;
        let partition = window
            .partition_spec
            .iter()
            .map(|expression| self.expression(expression, names))
            .collect::<Result<Vec<_>>>()?;
        let mut keys = Vec::with_capacity(window.order_spec.len());
        for order in &window.order_spec {
            keys.push(self.window_key(order, names)?);
        }
        let call = self.window_call(function, names, &origin)?;
        if keys.is_empty() && needs_order(&call) {
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1037",
                [(
                    "wf",
                    call.shown
                        .unwrap_or_else(|| call.result.name.to_lowercase()),
                )],
            ));
        }
        let mut spec = Vec::new();
        if !partition.is_empty() {
            let keys: Vec<&str> = partition.iter().map(|p| p.name.as_ref()).collect();
            spec.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        if !keys.is_empty() {
            let keys: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
            spec.push(format!("ORDER BY {}", keys.join(", ")));
        }
        let frame = self.frame(window, names, &keys, &call, &spec, &origin)?;
        let (is_whole, slides) = (frame.is_whole(), frame.slides());
        spec.push(frame.text);
        let name = format!("{} OVER ({})", call.result.name, spec.join(" "));
        if call.whole_partition && !(keys.is_empty() && is_whole) {
            return Err(Error::new(
                "INVALID_WINDOW_SPEC_FOR_AGGREGATION_FUNC",
                [("aggFunc", format!("\"{}\"", call.aggregate))],
            )
            .at(origin));
        }
        if call.distinct {
            return Err(Error::new(
                "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED",
                [("windowExpr", format!("\"{name}\""))],
            )
            .at(origin));
        }
        let function = match &call.function {
            WindowFunctionDefinition::AggregateUDF(function) if slides => {
                framed(function.name(), &call.result.data_type)
                    .map(WindowFunctionDefinition::AggregateUDF)
            }
            _ => None,
        };
        let expr = Expr::WindowFunction(Box::new(WindowFunction {
            fun: function.unwrap_or(call.function),
            params: WindowFunctionParams {
                args: frame::restricted(call.args, frame.only),
                partition_by: partition.into_iter().map(comparable).collect(),
                order_by: frame.order,
                window_frame: frame.frame,
                filter: None,
                null_treatment: call.ignore_nulls.then_some(NullTreatment::IgnoreNulls),
                distinct: false,
            },
        }));
        let result = call.result;
        let expr = if call.cast {
            let cast =
                datafusion::logical_expr::Cast::new(Box::new(expr), result.data_type.clone());
            Expr::Cast(cast)
        } else {
            expr
        };
        let metadata = result.metadata;
        let found = Typed::new(expr, result.data_type, result.nullable, name);
        Ok(Typed { metadata, ..found })
    }

    fn window_call(
        &self,
        function: &sparring_proto::connect::Expression,
        names: &Names<'_>,
        origin: &Option<QueryContext>,
    ) -> Result<WindowCall> {
        let Some(ExprType::UnresolvedFunction(call)) = &function.expr_type else {
            return Err(Error::new(
                "UNSUPPORTED_EXPR_FOR_WINDOW",
                [("sqlExpr", "\"expression\"")],
            )
            .at(origin.clone()));
        };
        if let (true, [inner]) = (call.is_internal(), call.arguments.as_slice())
            && call.function_name == sparring_sql::lower::internal::IGNORE_NULLS
        {
            let mut found = self.window_call(inner, names, origin)?;
            found.ignore_nulls = true;
            return Ok(found);
        }
        if let Some(found) = self.sql_function(&call.function_name) {
            return Err(Error::new(
                "UNSUPPORTED_SQL_UDF_USAGE",
                [
                    ("functionName", quote_parts(&found.name)),
                    ("nodeName", "Window".to_owned()),
                ],
            )
            .at(origin.clone()));
        }
        let row = match self.row(&call.function_name, origin) {
            Ok(row) => row,
            // An internal form such as FILTER resolves to an aggregate.
            Err(_) if call.is_internal() => return self.aggregate_call(function, names),
            Err(error) => return Err(error),
        };
        match row.build {
            Build::Window(build) => {
                let call: &UnresolvedFunction = call;
                build(&self.arguments(row, call, names, origin.clone(), None, false)?)
            }
            Build::Aggregate(_) => self.aggregate_call(function, names),
            _ => {
                let value = self.expression(function, names)?;
                Err(Error::new(
                    "UNSUPPORTED_EXPR_FOR_WINDOW",
                    [("sqlExpr", format!("\"{}\"", value.name))],
                )
                .at(origin.clone()))
            }
        }
    }

    /// An aggregate over a frame. What the aggregate's builder puts around the aggregate itself
    /// (a cast of its result, say) cannot stand inside a window and is refused.
    fn aggregate_call(
        &self,
        function: &sparring_proto::connect::Expression,
        names: &Names<'_>,
    ) -> Result<WindowCall> {
        let value = self.expression(function, names)?;
        let Expr::AggregateFunction(aggregate) = value.expr.clone() else {
            return Err(Error::unsupported(format!(
                "`{}` over a window",
                value.name
            )));
        };
        if aggregate.params.filter.is_some() {
            return Err(Error::unsupported(format!(
                "`{}` with a FILTER over a window",
                value.name
            )));
        }
        // As aggregates these cannot slide; DataFusion's window functions of the same name can.
        let function = match aggregate.func.name() {
            "first_value" => WindowFunctionDefinition::WindowUDF(first_value_udwf()),
            "last_value" => WindowFunctionDefinition::WindowUDF(last_value_udwf()),
            _ => WindowFunctionDefinition::AggregateUDF(aggregate.func),
        };
        let (aggregate_name, whole_partition) = whole_partition(&value);
        Ok(WindowCall {
            function,
            whole_partition,
            aggregate: aggregate_name,
            cast: false,
            distinct: aggregate.params.distinct,
            shown: None,
            args: aggregate.params.args,
            ignore_nulls: aggregate.params.null_treatment == Some(NullTreatment::IgnoreNulls),
            result: value,
        })
    }

    /// The value of a constant expression.
    pub(crate) fn fold(&self, value: &Typed) -> Result<ScalarValue> {
        if let Some(constant) = value.constant() {
            return Ok(constant.clone());
        }
        if !value.is_foldable() {
            return Err(Error::new(
                "NON_FOLDABLE_ARGUMENT",
                [
                    ("funcName", String::new()),
                    ("paramName", format!("`{}`", value.name)),
                    (
                        "paramType",
                        format!("\"{}\"", crate::types::sql_name(&value.data_type)),
                    ),
                ],
            ));
        }
        evaluate(&value.expr)
    }

    /// The value of a constant whole-number expression, for limits and offsets.
    pub(crate) fn fold_i64(&self, value: Typed) -> Result<Option<i64>> {
        let mode = CastMode::implicit(self.context);
        let value = cast(self.context, value, &DataType::Int64, mode, None)?;
        Ok(as_i64(&self.fold(&value)?))
    }
}

/// Evaluates an expression without columns.
pub(crate) fn evaluate(expr: &Expr) -> Result<ScalarValue> {
    use arrow::array::{RecordBatch, RecordBatchOptions};
    use arrow::datatypes::Schema;
    use datafusion::common::DFSchema;
    use datafusion::logical_expr::ColumnarValue;
    use datafusion::logical_expr::execution_props::ExecutionProps;
    let physical = datafusion::physical_expr::create_physical_expr(
        expr,
        &DFSchema::empty(),
        &ExecutionProps::new(),
        &datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext::default(),
    )?;
    let one_row = RecordBatch::try_new_with_options(
        std::sync::Arc::new(Schema::empty()),
        Vec::new(),
        &RecordBatchOptions::new().with_row_count(Some(1)),
    )?;
    match physical.evaluate(&one_row)? {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(array) => Ok(ScalarValue::try_from_array(&array, 0)?),
    }
}

pub(super) fn as_i64(value: &ScalarValue) -> Option<i64> {
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(number)) => number,
        _ => None,
    }
}

/// How Spark shows an aggregate over ordered values, and whether it takes whole partitions only.
fn whole_partition(value: &Typed) -> (String, bool) {
    let name = value.name.as_ref();
    let call = name.split(" WITHIN GROUP (ORDER BY ").collect::<Vec<_>>();
    match call.as_slice() {
        [only] => (name.to_owned(), only.starts_with("median(")),
        [call, order] => {
            let order = order.trim_end_matches(')');
            let key = order.trim_end_matches(" DESC");
            match call.split_once('(') {
                Some((function @ ("percentile_cont" | "percentile_disc"), args)) => {
                    (format!("{function}({key}, {args}"), true)
                }
                _ => (name.to_owned(), call.starts_with("listagg(")),
            }
        }
        _ => (name.to_owned(), false),
    }
}

/// Functions that make no sense without an order.
fn needs_order(call: &WindowCall) -> bool {
    match &call.function {
        WindowFunctionDefinition::WindowUDF(function) => {
            !matches!(function.name(), "first_value" | "last_value")
        }
        WindowFunctionDefinition::AggregateUDF(_) => false,
    }
}
