//! Our own scalar functions inside DataFusion plans: a closure over arrays with a fixed result type.
//!
//! Knows nothing of Spark's names and coercions; builders decide both before they make a kernel.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result as PlanResult;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    TypeSignature, Volatility,
};

use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::arrow::relabel;

/// The arguments of one evaluation.
pub(crate) struct Args {
    values: Vec<ColumnarValue>,
    /// How many rows the result must have.
    pub(crate) rows: usize,
}

impl Args {
    /// How many arguments there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument as an array of `rows` rows; a constant is repeated.
    pub(crate) fn array(&self, index: usize) -> Result<ArrayRef> {
        Ok(self.value(index)?.to_array_of_size(self.rows)?)
    }

    /// Every argument as an array of `rows` rows.
    pub(crate) fn arrays(&self) -> Result<Vec<ArrayRef>> {
        (0..self.values.len())
            .map(|index| self.array(index))
            .collect()
    }

    /// The argument as it came.
    pub(crate) fn value(&self, index: usize) -> Result<&ColumnarValue> {
        self.values
            .get(index)
            .ok_or_else(|| Error::internal(format!("a kernel was called without argument {index}")))
    }
}

type Run = dyn Fn(&Args) -> Result<ArrayRef> + Send + Sync;

/// One scalar function of ours, with everything that sets it apart from others in its identity.
pub(crate) struct Kernel {
    name: &'static str,
    /// What the closure captured, spelled out: plans compare functions by name, options and type.
    options: String,
    field: FieldRef,
    signature: Signature,
    run: Arc<Run>,
}

impl Kernel {
    /// A call of a kernel that gives the same result for the same arguments. `options` spells out
    /// everything that `run` captured.
    pub(crate) fn call(
        name: &'static str,
        options: impl Into<String>,
        result: (DataType, bool),
        args: Vec<Expr>,
        run: impl Fn(&Args) -> Result<ArrayRef> + Send + Sync + 'static,
    ) -> Expr {
        Self::expr(
            name,
            options.into(),
            result,
            args,
            Volatility::Immutable,
            Arc::new(run),
        )
    }

    /// A call of a kernel that may give another result each time, such as `rand`.
    pub(crate) fn volatile(
        name: &'static str,
        options: impl Into<String>,
        result: (DataType, bool),
        args: Vec<Expr>,
        run: impl Fn(&Args) -> Result<ArrayRef> + Send + Sync + 'static,
    ) -> Expr {
        Self::expr(
            name,
            options.into(),
            result,
            args,
            Volatility::Volatile,
            Arc::new(run),
        )
    }

    /// What was captured, if the expression is a call of the kernel of this name.
    pub(crate) fn options_of<'a>(expr: &'a Expr, name: &str) -> Option<&'a str> {
        let Expr::ScalarFunction(call) = expr else {
            return None;
        };
        let kernel = call.func.inner().downcast_ref::<Self>()?;
        (kernel.name == name).then_some(kernel.options.as_str())
    }

    /// The kernel's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What its closure captured, spelled out.
    pub(crate) fn options(&self) -> &str {
        &self.options
    }

    /// The type of its result.
    pub(crate) fn result(&self) -> &DataType {
        self.field.data_type()
    }

    fn expr(
        name: &'static str,
        options: String,
        (data_type, nullable): (DataType, bool),
        args: Vec<Expr>,
        volatility: Volatility,
        run: Arc<Run>,
    ) -> Expr {
        let kernel = Self {
            name,
            options,
            field: Arc::new(Field::new(name, data_type, nullable)),
            signature: Signature::one_of(
                vec![TypeSignature::VariadicAny, TypeSignature::Nullary],
                volatility,
            ),
            run,
        };
        Expr::ScalarFunction(ScalarFunction::new_udf(
            Arc::new(ScalarUDF::from(kernel)),
            args,
        ))
    }

    /// [`Kernel::call`] as a resolved expression with its type and name.
    pub(crate) fn typed(
        name: &'static str,
        options: impl Into<String>,
        (data_type, nullable): (DataType, bool),
        args: Vec<Expr>,
        display: impl Into<Arc<str>>,
        run: impl Fn(&Args) -> Result<ArrayRef> + Send + Sync + 'static,
    ) -> Typed {
        let expr = Self::call(name, options, (data_type.clone(), nullable), args, run);
        Typed::new(expr, data_type, nullable, display)
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.options == other.options && self.field == other.field
    }
}

impl Eq for Kernel {}

impl Hash for Kernel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.options.hash(state);
        self.field.data_type().hash(state);
    }
}

impl ScalarUDFImpl for Kernel {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(self.field.data_type().clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> PlanResult<FieldRef> {
        Ok(Arc::clone(&self.field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        let constant = !args.args.is_empty()
            && self.signature.volatility == Volatility::Immutable
            && args
                .args
                .iter()
                .all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let result = (self.run)(&Args {
            values: args.args,
            rows,
        })?;
        let result = relabel(&result, self.field.data_type())?;
        if constant {
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &result, 0,
            )?))
        } else {
            Ok(ColumnarValue::Array(result))
        }
    }
}
