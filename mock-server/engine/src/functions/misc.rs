//! What tells of the session or the query: types, users, ids, bits, and
//! errors on demand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arrow::array::{Array, AsArray, Int64Array, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

use super::arithmetic::literal_decimal;
use super::kernel::Kernel;
use super::{Call, CastMode, Function, cast, planned, scalar, shown_type};
use crate::analyze::SPARK_VERSION;
use crate::error::{Error, Result};
use crate::plan::typed::Typed;
use crate::types::coerce::{decimal_for, is_atomic, is_integral, is_numeric, tightest};
use crate::types::field_type;

const S: DataType = DataType::Utf8;
const D: DataType = DataType::Float64;

pub(super) const TABLE: &[Function] = &[
    scalar("&", |call| bits(call, Operator::BitwiseAnd, "&")),
    scalar("^", |call| bits(call, Operator::BitwiseXor, "^")),
    scalar("assert_true", assert_true),
    scalar("current_catalog", |call| {
        told(
            call,
            "current_catalog()",
            call.context.session.current_namespace().0,
        )
    }),
    scalar("current_database", |call| {
        told(
            call,
            "current_schema()",
            call.context.session.current_namespace().1,
        )
    }),
    scalar("current_schema", |call| {
        told(
            call,
            "current_schema()",
            call.context.session.current_namespace().1,
        )
    }),
    scalar("current_user", user),
    planned("input_file_block_length"),
    planned("input_file_block_start"),
    planned("input_file_name"),
    planned("java_method"),
    scalar("monotonically_increasing_id", ids),
    scalar("raise_error", raise_error),
    planned("reflect"),
    scalar("session_user", user),
    scalar("spark_partition_id", |call| {
        call.arity(0..=0)?;
        let zero = ScalarValue::Int32(Some(0));
        Ok(Typed::literal(
            zero,
            DataType::Int32,
            "SPARK_PARTITION_ID()",
        ))
    }),
    scalar("typeof", |call| {
        call.arity(1..=1)?;
        let text = field_type(&call.arg(0)?.field());
        let name = call.default_name();
        Ok(Typed::literal(ScalarValue::Utf8(Some(text)), S, name))
    }),
    scalar("user", user),
    scalar("uuid", uuid),
    scalar("version", |call| {
        // The version and the commit it was built from, which is nobody's here.
        let commit = "0".repeat(40);
        told(call, "version()", format!("{SPARK_VERSION} {commit}"))
    }),
    scalar("|", |call| bits(call, Operator::BitwiseOr, "|")),
    scalar("~", complement),
];

/// A value that the session knows.
fn user(call: &Call<'_>) -> Result<Typed> {
    let workspace = &call.context.session.workspace;
    told(call, &call.default_name(), workspace.options.user.clone())
}

fn told(call: &Call<'_>, name: &str, value: String) -> Result<Typed> {
    call.arity(0..=0)?;
    Ok(Typed::literal(ScalarValue::Utf8(Some(value)), S, name))
}

fn bits(call: &Call<'_>, operator: Operator, symbol: &str) -> Result<Typed> {
    call.arity(2..=2)?;
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    let name = format!("({} {symbol} {})", left.name, right.name);
    let (left, right) = (&beside(call, left, right)?, &beside(call, right, left)?);
    let whole = |value: &Typed| is_integral(&value.data_type) || value.data_type == DataType::Null;
    if !whole(left) || !whole(right) {
        return Err(no_bits(left, right, &name).at(call.origin.clone()));
    }
    let to = match tightest(&left.data_type, &right.data_type, true) {
        Some(DataType::Null) | None => DataType::Int32,
        Some(to) => to,
    };
    let one = |value: &Typed| cast(call.context, value.clone(), &to, CastMode::Ansi, None);
    let (left, right) = (one(left)?, one(right)?);
    let nullable = left.nullable || right.nullable;
    let expr = BinaryExpr::new(Box::new(left.expr), operator, Box::new(right.expr));
    Ok(Typed::new(Expr::BinaryExpr(expr), to, nullable, name))
}

/// An operand as what it becomes beside the other: a text beside a number is one, and a whole number
/// beside a decimal is a decimal, though neither helps.
fn beside(call: &Call<'_>, value: &Typed, other: &Typed) -> Result<Typed> {
    let to = match (&value.data_type, &other.data_type) {
        (DataType::Utf8, DataType::Utf8 | DataType::Null) if call.context.ansi => {
            return Ok(value.clone());
        }
        (DataType::Utf8, DataType::Null) => return Ok(value.clone()),
        (DataType::Utf8, _) if !call.context.ansi => D,
        (DataType::Utf8, whole) if is_integral(whole) => DataType::Int64,
        (DataType::Utf8, number) if is_numeric(number) => D,
        (DataType::Utf8, atomic) if is_atomic(atomic) => atomic.clone(),
        (whole, DataType::Decimal128(..)) if is_integral(whole) => {
            let digits = literal_decimal(value).or_else(|| decimal_for(whole));
            digits.map_or(D, |(precision, scale)| {
                DataType::Decimal128(precision, scale)
            })
        }
        (DataType::Decimal128(..), DataType::Float32 | DataType::Float64) => D,
        _ => return Ok(value.clone()),
    };
    let mode = CastMode::implicit(call.context);
    cast(call.context, value.clone(), &to, mode, call.origin.clone())
}

fn no_bits(left: &Typed, right: &Typed, name: &str) -> Error {
    let shown = ("sqlExpr", format!("\"{name}\""));
    let (left, right) = (shown_type(left), shown_type(right));
    if left == right {
        return Error::new(
            "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
            [
                shown,
                ("inputType", "\"INTEGRAL\"".to_owned()),
                ("actualDataType", format!("\"{left}\"")),
            ],
        );
    }
    Error::new(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        [
            shown,
            ("left", format!("\"{left}\"")),
            ("right", format!("\"{right}\"")),
        ],
    )
}

fn complement(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let arg = match call.arg(0)? {
        null if null.data_type == DataType::Null => &call.implicit(0, &DataType::Int32)?,
        other => other,
    };
    if !is_integral(&arg.data_type) {
        return Err(call.unexpected_type(0, "INTEGRAL"));
    }
    let minus_one = ScalarValue::new_negative_one(&arg.data_type)?;
    let all = Expr::Literal(minus_one, None);
    let expr = BinaryExpr::new(
        Box::new(arg.expr.clone()),
        Operator::BitwiseXor,
        Box::new(all),
    );
    let name = format!("~{}", arg.name);
    Ok(Typed::new(
        Expr::BinaryExpr(expr),
        arg.data_type.clone(),
        arg.nullable,
        name,
    ))
}

fn user_error(message: String) -> Error {
    Error::new("USER_RAISED_EXCEPTION", [("errorMessage", message)])
}

fn raise_error(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=1)?;
    let message = call.implicit(0, &S)?;
    let result = (DataType::Null, true);
    let exprs = vec![message.expr];
    let name = call.default_name();
    Ok(Kernel::typed(
        "raise_error",
        "",
        result,
        exprs,
        name,
        |args| {
            let messages = args.array(0)?;
            if args.rows == 0 {
                return Ok(messages);
            }
            let messages = messages.as_string::<i32>();
            let first = messages.iter().next().flatten().unwrap_or("null");
            Err(user_error(first.to_owned()))
        },
    ))
}

fn assert_true(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=2)?;
    let condition = call.implicit(0, &DataType::Boolean)?;
    let default = format!("'{}' is not true!", condition.name);
    let message = match call.args.get(1) {
        Some(_) => call.implicit(1, &S)?,
        None => Typed::literal(ScalarValue::Utf8(Some(default.clone())), S, default),
    };
    let name = format!("assert_true({}, {})", condition.name, message.name);
    let exprs = vec![condition.expr, message.expr];
    Ok(Kernel::typed(
        "assert_true",
        "",
        (DataType::Null, true),
        exprs,
        name,
        |args| {
            let (flags, messages) = (args.array(0)?, args.array(1)?);
            let (flags, messages) = (flags.as_boolean(), messages.as_string::<i32>());
            for row in 0..args.rows {
                if flags.is_null(row) || !flags.value(row) {
                    return Err(user_error(messages.value(row).to_owned()));
                }
            }
            Ok(arrow::array::new_null_array(&DataType::Null, args.rows))
        },
    ))
}

/// Rows are numbered as they come. Spark puts the partition into the high bits; here one counter
/// serves all partitions, which keeps ids unique and a single partition's ids Spark's own.
pub(super) fn ids(call: &Call<'_>) -> Result<Typed> {
    call.arity(0..=0)?;
    let next = AtomicI64::new(0);
    let identity = uuid::Uuid::new_v4().to_string();
    let result = (DataType::Int64, false);
    let expr = Kernel::volatile(
        "monotonically_increasing_id",
        identity,
        result,
        Vec::new(),
        move |args| {
            let n = i64::try_from(args.rows).unwrap_or(i64::MAX);
            let first = next.fetch_add(n, Ordering::Relaxed);
            Ok(Arc::new(Int64Array::from_iter_values(first..first + n)))
        },
    );
    Ok(Typed::new(
        expr,
        DataType::Int64,
        false,
        "monotonically_increasing_id()",
    ))
}

fn uuid(call: &Call<'_>) -> Result<Typed> {
    // Clients send a seed of their own choice; nobody can tell one random id from another.
    call.arity(0..=1)?;
    let identity = uuid::Uuid::new_v4().to_string();
    let expr = Kernel::volatile("uuid", identity, (S, false), Vec::new(), |args| {
        let all = (0..args.rows).map(|_| uuid::Uuid::new_v4().to_string());
        Ok(Arc::new(StringArray::from_iter_values(all)))
    });
    Ok(Typed::new(expr, S, false, "uuid()"))
}
