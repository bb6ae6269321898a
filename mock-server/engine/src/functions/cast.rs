//! Casts: which Spark allows, how they fail, and the name a cast column gets.
//!
//! What a cast does to values is in `kernels/cast*.rs`; this file only plans it.

use arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::Cast as PlanCast;

use super::kernel::Kernel;
use super::kernels::cast as kernels;
use crate::error::{Error, QueryContext, Result};
use crate::plan::context::Context;
use crate::plan::typed::{Typed, scalar_of};
use crate::types::arrow::same_shape;
use crate::types::sql_name;

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
    let expr = if kernels::is_plain(&from, to) {
        Expr::Cast(PlanCast::new(Box::new(value.expr), to.clone()))
    } else {
        let job = kernels::Cast {
            from,
            to: to.clone(),
            mode,
            time_zone: context.time_zone,
            origin,
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

fn refused(value: &Typed, to: &DataType, mode: CastMode) -> Error {
    let pair = [
        (
            "sqlExpr",
            format!("\"CAST({} AS {})\"", value.name, sql_name(to)),
        ),
        ("srcType", format!("\"{}\"", sql_name(&value.data_type))),
        ("targetType", format!("\"{}\"", sql_name(to))),
    ];
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
