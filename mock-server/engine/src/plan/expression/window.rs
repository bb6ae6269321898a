//! `OVER (…)`: the function, its partitions, order and frame, and Spark's name for all of it.
//!
//! The window stays inside the expression; the projection takes it out and puts a window node below.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions_window::nth_value::{first_value_udwf, last_value_udwf};
use datafusion::logical_expr::expr::{
    NullTreatment, Sort as SortExpr, WindowFunction, WindowFunctionParams,
};
use datafusion::logical_expr::{
    Expr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};
use sparring_proto::Required;
use sparring_proto::connect::expression::window::window_frame::{
    FrameBoundary, FrameType, frame_boundary::Boundary,
};
use sparring_proto::connect::expression::{ExprType, UnresolvedFunction, Window};

use crate::error::{Error, QueryContext, Result};
use crate::functions::{Build, CastMode, WindowCall, cast};
use crate::plan::Planner;
use crate::plan::names::Names;
use crate::plan::typed::Typed;

/// The two ends of a frame, and how Spark writes it.
struct Frame {
    frame: WindowFrame,
    text: String,
}

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
        let call = self.window_call(function, names, &origin)?;
        let partition = window
            .partition_spec
            .iter()
            .map(|expression| self.expression(expression, names))
            .collect::<Result<Vec<_>>>()?;
        let mut order = Vec::with_capacity(window.order_spec.len());
        let mut order_text = Vec::with_capacity(window.order_spec.len());
        for key in &window.order_spec {
            let (key, text) = self.sort_order(key, names)?;
            order.push(key);
            order_text.push(text);
        }
        if order.is_empty() && needs_order(&call) {
            return Err(Error::new(
                "_LEGACY_ERROR_TEMP_1037",
                [("wf", call.result.name.to_lowercase())],
            ));
        }
        let frame = self.frame(window, names, &order, &call)?;
        let mut spec = Vec::new();
        if !partition.is_empty() {
            let keys: Vec<&str> = partition.iter().map(|p| p.name.as_ref()).collect();
            spec.push(format!("PARTITION BY {}", keys.join(", ")));
        }
        if !order_text.is_empty() {
            spec.push(format!("ORDER BY {}", order_text.join(", ")));
        }
        spec.push(frame.text);
        let name = format!("{} OVER ({})", call.result.name, spec.join(" "));
        let expr = Expr::WindowFunction(Box::new(WindowFunction {
            fun: call.function,
            params: WindowFunctionParams {
                args: call.args,
                partition_by: partition.into_iter().map(|p| p.expr).collect(),
                order_by: order,
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
            _ => Err(Error::new(
                "UNSUPPORTED_EXPR_FOR_WINDOW",
                [("sqlExpr", format!("\"{}\"", call.function_name))],
            )
            .at(origin.clone())),
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
        if aggregate.params.distinct {
            return Err(Error::new(
                "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED",
                [("windowExpr", format!("\"{}\"", value.name))],
            ));
        }
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
        Ok(WindowCall {
            function,
            cast: false,
            args: aggregate.params.args,
            ignore_nulls: aggregate.params.null_treatment == Some(NullTreatment::IgnoreNulls),
            result: value,
        })
    }

    fn frame(
        &self,
        window: &Window,
        names: &Names<'_>,
        order: &[SortExpr],
        call: &WindowCall,
    ) -> Result<Frame> {
        let Some(spec) = &window.frame_spec else {
            return Ok(default_frame(order, call));
        };
        let lower = spec.lower.as_deref().required("window_frame.lower")?;
        let upper = spec.upper.as_deref().required("window_frame.upper")?;
        let units = match spec.frame_type() {
            FrameType::Row => WindowFrameUnits::Rows,
            FrameType::Range => WindowFrameUnits::Range,
            FrameType::Undefined => return Ok(default_frame(order, call)),
        };
        let (start, low_text) = self.bound(lower, names, units, order, true)?;
        let (end, high_text) = self.bound(upper, names, units, order, false)?;
        let word = if units == WindowFrameUnits::Rows {
            "ROWS"
        } else {
            "RANGE"
        };
        let mut text = format!("{word} BETWEEN {low_text} AND {high_text}");
        if is_ranking(&call.function) {
            text = default_frame(order, call).text;
        }
        Ok(Frame {
            frame: WindowFrame::new_bounds(units, start, end),
            text,
        })
    }

    fn bound(
        &self,
        bound: &FrameBoundary,
        names: &Names<'_>,
        units: WindowFrameUnits,
        order: &[SortExpr],
        lower: bool,
    ) -> Result<(WindowFrameBound, String)> {
        let value = match bound.boundary.as_ref().required("window_frame.boundary")? {
            Boundary::CurrentRow(_) => {
                return Ok((WindowFrameBound::CurrentRow, "CURRENT ROW".into()));
            }
            Boundary::Unbounded(_) if lower => {
                let unbounded = ScalarValue::UInt64(None);
                return Ok((
                    WindowFrameBound::Preceding(unbounded),
                    "UNBOUNDED PRECEDING".into(),
                ));
            }
            Boundary::Unbounded(_) => {
                let unbounded = ScalarValue::UInt64(None);
                return Ok((
                    WindowFrameBound::Following(unbounded),
                    "UNBOUNDED FOLLOWING".into(),
                ));
            }
            Boundary::Value(value) => self.expression(value, names)?,
        };
        let unusable = || {
            Error::new(
                "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE",
                [
                    ("sqlExpr", format!("\"{}\"", value.name)),
                    ("location", if lower { "lower" } else { "upper" }.to_owned()),
                    ("exprType", crate::types::sql_name(&value.data_type)),
                    ("expectedType", "\"INT\"".to_owned()),
                ],
            )
        };
        let folded = self.fold(&value)?;
        let negative = is_negative(&folded);
        // Spark writes `1 PRECEDING` for a minus sign before a value, and any other value as it is
        // with FOLLOWING, negative ones of DataFrames too.
        let text = match value
            .name
            .strip_prefix("(- ")
            .and_then(|t| t.strip_suffix(')'))
        {
            Some(positive) => format!("{positive} PRECEDING"),
            None => format!("{} FOLLOWING", value.name),
        };
        if units == WindowFrameUnits::Rows {
            if !crate::types::coerce::is_integral(&value.data_type) {
                return Err(unusable());
            }
            let Some(rows) = as_i64(&folded) else {
                return Err(unusable());
            };
            let offset = ScalarValue::UInt64(Some(rows.unsigned_abs()));
            return Ok(match rows {
                0 => (WindowFrameBound::CurrentRow, text),
                1.. => (WindowFrameBound::Following(offset), text),
                _ => (WindowFrameBound::Preceding(offset), text),
            });
        }
        let [_] = order else {
            return Err(Error::new(
                "DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER",
                [
                    ("sqlExpr", format!("\"{}\"", value.name)),
                    ("orderSpec", String::new()),
                ],
            ));
        };
        if as_i64(&folded) == Some(0) {
            return Ok((WindowFrameBound::CurrentRow, text));
        }
        let offset = if negative {
            folded.arithmetic_negate().map_err(|_| unusable())?
        } else {
            folded
        };
        Ok(if negative {
            (WindowFrameBound::Preceding(offset), text)
        } else {
            (WindowFrameBound::Following(offset), text)
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

fn as_i64(value: &ScalarValue) -> Option<i64> {
    match value.cast_to(&DataType::Int64) {
        Ok(ScalarValue::Int64(number)) => number,
        _ => None,
    }
}

fn is_negative(value: &ScalarValue) -> bool {
    ScalarValue::new_zero(&value.data_type())
        .ok()
        .and_then(|zero| value.partial_cmp(&zero))
        .is_some_and(|order| order == std::cmp::Ordering::Less)
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

/// Whether the function looks at the partition and not at a frame.
fn is_ranking(function: &WindowFunctionDefinition) -> bool {
    match function {
        WindowFunctionDefinition::WindowUDF(function) => {
            !matches!(function.name(), "nth_value" | "first_value" | "last_value")
        }
        WindowFunctionDefinition::AggregateUDF(_) => false,
    }
}

fn default_frame(order: &[SortExpr], call: &WindowCall) -> Frame {
    let unbounded = || WindowFrameBound::Preceding(ScalarValue::UInt64(None));
    if let WindowFunctionDefinition::WindowUDF(function) = &call.function
        && is_ranking(&call.function)
    {
        let text = match function.name() {
            // Spark's frame of `lag` and `lead` is the one row they look at.
            "lag" => offset_text(call, true),
            "lead" => offset_text(call, false),
            "cume_dist" => "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
            _ => "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".to_owned(),
        };
        return Frame {
            frame: WindowFrame::new_bounds(
                WindowFrameUnits::Rows,
                unbounded(),
                WindowFrameBound::CurrentRow,
            ),
            text,
        };
    }
    if order.is_empty() {
        Frame {
            frame: WindowFrame::new_bounds(
                WindowFrameUnits::Rows,
                unbounded(),
                WindowFrameBound::Following(ScalarValue::UInt64(None)),
            ),
            text: "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING".into(),
        }
    } else {
        Frame {
            frame: WindowFrame::new_bounds(
                WindowFrameUnits::Range,
                unbounded(),
                WindowFrameBound::CurrentRow,
            ),
            text: "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW".into(),
        }
    }
}

/// `ROWS BETWEEN -1 FOLLOWING AND -1 FOLLOWING`, as Spark writes the frame of `lag(a, 1)`.
fn offset_text(call: &WindowCall, back: bool) -> String {
    let offset = match call.args.get(1) {
        Some(Expr::Literal(value, _)) => as_i64(value).unwrap_or(1),
        _ => 1,
    };
    let offset = if back { -offset } else { offset };
    format!("ROWS BETWEEN {offset} FOLLOWING AND {offset} FOLLOWING")
}
