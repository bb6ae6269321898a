//! Casts: which Spark allows, how they fail, and the name a cast column gets.
//!
//! What a cast does to values is in `kernels/cast*.rs`; this file only plans it.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::Cast as PlanCast;

use super::kernel::Kernel;
use super::kernels::cast as kernels;
use super::kernels::zone::Zone;
use super::shown_type;
use super::{Call, Function, scalar};
use crate::error::{Error, QueryContext, Result};
use crate::plan::context::Context;
use crate::plan::typed::{Typed, scalar_of};
use crate::types::arrow::{same_shape, timestamp};
use crate::types::coerce::is_numeric;
use crate::types::interval::{Fields, plain};
use crate::types::sql_name;

/// Functions named after a type are casts to it.
pub(super) const TABLE: &[Function] = &[
    scalar("bigint", |call| to_type(call, &DataType::Int64)),
    scalar("binary", |call| to_type(call, &DataType::Binary)),
    scalar("boolean", |call| to_type(call, &DataType::Boolean)),
    scalar("date", |call| to_type(call, &DataType::Date32)),
    scalar("decimal", |call| {
        to_type(call, &DataType::Decimal128(10, 0))
    }),
    scalar("double", |call| to_type(call, &DataType::Float64)),
    scalar("float", |call| to_type(call, &DataType::Float32)),
    scalar("int", |call| to_type(call, &DataType::Int32)),
    scalar("smallint", |call| to_type(call, &DataType::Int16)),
    scalar("string", |call| to_type(call, &DataType::Utf8)),
    scalar("timestamp", |call| to_type(call, &timestamp())),
    scalar("tinyint", |call| to_type(call, &DataType::Int8)),
];

/// `int(x)`: the column keeps the name of what is cast.
fn to_type(call: &Call<'_>, to: &DataType) -> Result<Typed> {
    call.arity(1..=1)?;
    let value = call.arg(0)?.clone();
    let name = std::sync::Arc::clone(&value.name);
    let mode = CastMode::implicit(call.context);
    // A cast column keeps the column's name.
    let alias = value.id.map(|_| std::sync::Arc::clone(&name));
    let found = cast(call.context, value, to, mode, call.origin.clone())?;
    Ok(Typed {
        id: None,
        alias,
        ..found
    }
    .named(name))
}

/// What a value that does not fit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CastMode {
    /// Fails, as with ANSI on.
    Ansi,
    /// Becomes null or wraps, as with ANSI off.
    Legacy,
    /// Becomes null: `try_cast`.
    Try,
}

impl CastMode {
    /// The mode of a cast that the user wrote or Spark put in.
    pub(crate) fn implicit(context: &Context) -> Self {
        if context.ansi {
            Self::Ansi
        } else {
            Self::Legacy
        }
    }
}

/// The value as another type. The name stays: implicit casts do not show in Spark's names.
pub(crate) fn cast(
    context: &Context,
    value: Typed,
    to: &DataType,
    mode: CastMode,
    origin: Option<QueryContext>,
) -> Result<Typed> {
    if value.data_type == *to {
        return Ok(value);
    }
    if plain(&value.data_type) == plain(to) {
        // Plans know no notes on intervals.
        return Ok(Typed {
            data_type: to.clone(),
            ..value
        });
    }
    let from = value.data_type.clone();
    if !kernels::allowed(&from, to, mode) {
        return Err(refused(&value, to, mode).at(origin));
    }
    let nullable = value.nullable || kernels::may_null(&from, to, mode);
    if from == DataType::Null {
        return Ok(Typed {
            name: value.name,
            ..Typed::null(to.clone())
        });
    }
    if let (Some(constant), true) = (value.constant(), same_shape(&from, to)) {
        let expr = Expr::Literal(scalar_of(constant, to)?, None);
        return Ok(Typed {
            expr,
            data_type: to.clone(),
            ..value
        });
    }
    if let Some(found) = special(context, &value, to) {
        return Ok(Typed {
            expr: Expr::Literal(scalar_of(&found, to)?, None),
            data_type: to.clone(),
            nullable,
            id: None,
            ..value
        });
    }
    let expr = if kernels::is_plain(&from, to) {
        Expr::Cast(PlanCast::new(Box::new(value.expr), to.clone()))
    } else {
        let job = kernels::Cast {
            from,
            to: to.clone(),
            mode,
            time_zone: context.time_zone,
            now_us: context.now_us,
            origin,
            fields: Fields::of(&value.data_type, &value.metadata),
        };
        let options = job.identity();
        Kernel::call(
            "cast",
            options,
            (to.clone(), nullable),
            vec![value.expr],
            move |args| job.run(&args.array(0)?),
        )
    };
    Ok(Typed {
        expr,
        data_type: to.clone(),
        nullable,
        id: None,
        ..value
    })
}

/// `CAST('today' AS DATE)`: the words that Spark takes in constants only.
fn special(context: &Context, value: &Typed, to: &DataType) -> Option<ScalarValue> {
    let zone = Zone::Region(context.time_zone);
    let found = |text| kernels::temporal::special(text, to, zone, context.now_us);
    match to {
        DataType::Date32 => {
            let days = found(value.constant_str()?)?;
            Some(ScalarValue::Date32(i32::try_from(days).ok()))
        }
        DataType::Timestamp(_, zone) => Some(ScalarValue::TimestampMicrosecond(
            Some(found(value.constant_str()?)?),
            zone.clone(),
        )),
        _ => None,
    }
}

fn refused(value: &Typed, to: &DataType, mode: CastMode) -> Error {
    let verb = if mode == CastMode::Try {
        "TRY_CAST"
    } else {
        "CAST"
    };
    // Spark does not show casts to complex types.
    let shown = match to {
        DataType::List(_) | DataType::Map(..) | DataType::Struct(_) if mode != CastMode::Try => {
            value.name.to_string()
        }
        _ => format!("{verb}({} AS {})", value.name, sql_name(to)),
    };
    let pair = [
        ("sqlExpr", format!("\"{shown}\"")),
        ("srcType", format!("\"{}\"", shown_type(value))),
        ("targetType", format!("\"{}\"", sql_name(to))),
    ];
    // Outside of the old rules Spark knows a function for these.
    let function = match (&value.data_type, to) {
        _ if mode == CastMode::Legacy => None,
        (DataType::Date32, number) if is_numeric(number) => Some("`UNIX_DATE`"),
        (number, DataType::Date32) if is_numeric(number) => Some("`DATE_FROM_UNIX_DATE`"),
        _ => None,
    };
    if let Some(function) = function {
        let [a, b, c] = pair;
        return Error::new(
            "DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION",
            [a, b, c, ("functionNames", function.to_owned())],
        );
    }
    if mode == CastMode::Ansi && kernels::allowed(&value.data_type, to, CastMode::Legacy) {
        let [a, b, c] = pair;
        return Error::new(
            "DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION",
            [
                a,
                b,
                c,
                ("config", "\"spark.sql.ansi.enabled\"".to_owned()),
                ("configVal", "'false'".to_owned()),
            ],
        );
    }
    Error::new("DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION", pair)
}
