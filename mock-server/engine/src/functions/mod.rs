//! The functions of Spark: tables of rows by group, and how a call finds its row.
//!
//! A new function is a row in its group's table with a builder beside it; what Spark has and this
//! server has not is a row too (`planned`). This module knows nothing of name resolution: arguments
//! arrive resolved.

pub(crate) mod kernel;
pub(crate) mod kernels;

mod aggregates;
mod arithmetic;
mod bitmaps;
mod cast;
mod chance;
mod collections;
mod comparison;
mod conditional;
mod csv;
mod datetime;
mod encryption;
mod float_extreme;
mod fold;
mod generators;
mod hashes;
pub(crate) mod json;
mod lambda_body;
mod lambdas;
mod math;
mod misc;
mod pandas;
mod planned;
mod regex;
mod rows;
mod sketches;
mod strings;
mod table;
mod tables;
mod temporal;
mod total;
mod variant;
mod windows;
mod xml;

use std::sync::Arc;

use datafusion::logical_expr::Expr;

pub(crate) use aggregates::{framed, only_value};
pub(crate) use cast::{CastMode, cast};
pub(crate) use collections::comparable;
pub(crate) use comparison::{and, equals};
pub(crate) use datetime::time_window_parts;
pub use table::offered;
pub(crate) use table::{find, listed, nearest_names, only_dataframes};
pub(crate) use tables::ONLY_TABLES;

use crate::error::{Error, QueryContext, Result};
use crate::plan::context::Context;
use crate::plan::typed::Typed;
use crate::types::sql_name;

/// One call with its resolved arguments.
pub(crate) struct Call<'a> {
    /// The session's settings.
    pub(crate) context: &'a Context,
    /// The function's name as the row spells it, in lower case.
    pub(crate) name: &'static str,
    /// The arguments, `DISTINCT` and `FILTER` apart.
    pub(crate) args: Vec<Typed>,
    /// `DISTINCT`, for aggregates.
    pub(crate) distinct: bool,
    /// `FILTER (WHERE …)`, for aggregates.
    pub(crate) filter: Option<Typed>,
    /// `IGNORE NULLS`.
    pub(crate) ignore_nulls: bool,
    /// Where in the SQL text the call stands; runtime errors point there.
    pub(crate) origin: Option<QueryContext>,
}

/// What a row makes of a call.
#[derive(Clone, Copy)]
pub(crate) enum Build {
    /// A value for each row.
    Scalar(fn(&Call<'_>) -> Result<Typed>),
    /// A value for each group; may be used in windows too.
    Aggregate(fn(&Call<'_>) -> Result<Typed>),
    /// A value that needs `OVER (…)`; the frame is put on by the window expression.
    Window(fn(&Call<'_>) -> Result<WindowCall>),
    /// Rows for each row: `explode` and its kin. The planner puts an unnest below.
    Generator(fn(&Call<'_>) -> Result<Generator>),
    /// A function that takes lambdas; it resolves them itself.
    HigherOrder(HigherOrder),
    /// Known to Spark and not offered here: refused by name.
    Planned,
}

/// What a window function needs beside its frame.
pub(crate) struct WindowCall {
    /// The function.
    pub(crate) function: datafusion::logical_expr::WindowFunctionDefinition,
    /// Its arguments.
    pub(crate) args: Vec<Expr>,
    /// What it yields.
    pub(crate) result: Typed,
    /// Whether it ignores nulls.
    pub(crate) ignore_nulls: bool,
    /// Whether DataFusion yields another type than Spark, so that the value must be cast.
    pub(crate) cast: bool,
    /// `DISTINCT`, which Spark refuses in windows.
    pub(crate) distinct: bool,
    /// Whether it takes whole partitions only, in no order.
    pub(crate) whole_partition: bool,
    /// How a complaint about that shows it.
    pub(crate) aggregate: String,
    /// How Spark's plans show the call, where that is not its name in lower case.
    pub(crate) shown: Option<String>,
}

/// A generator: one list column whose items become rows.
pub(crate) struct Generator {
    /// An array of structs (one field a column) or, for one column, of values.
    pub(crate) list: Expr,
    /// The columns that come out.
    pub(crate) columns: Vec<crate::plan::scope::Column>,
    /// Whether the items are structs to be spread over several columns.
    pub(crate) is_struct: bool,
    /// Whether a row without items still yields one row of nulls (`_outer`).
    pub(crate) outer: bool,
}

/// A lambda as it was sent, to be resolved once its variables' types are known.
pub(crate) struct Lambda<'a> {
    /// The body and the variables' names.
    pub(crate) function: &'a sparring_proto::connect::expression::LambdaFunction,
    /// Where it stands in the SQL text.
    pub(crate) origin: Option<QueryContext>,
}

/// Resolves a lambda's body with these columns as its variables. Spark writes bound variables
/// without their names; the last argument says whether these are.
pub(crate) type ResolveLambda<'a> =
    dyn Fn(&Lambda<'_>, &[crate::plan::scope::Column], bool) -> Result<Typed> + 'a;

/// A call of a higher-order function: its values, its lambdas in order, and the means to resolve
/// them.
pub(crate) struct Higher<'a, 'b> {
    /// The call with the arguments that are values.
    pub(crate) call: &'a Call<'b>,
    /// The arguments that are lambdas.
    pub(crate) lambdas: &'a [Lambda<'a>],
    /// Resolves one of them.
    pub(crate) resolve: &'a ResolveLambda<'a>,
}

/// The builder of a higher-order function.
pub(crate) type HigherOrder = fn(&Higher<'_, '_>) -> Result<Typed>;

/// One row of a function table.
pub(crate) struct Function {
    /// The name in lower case.
    pub(crate) name: &'static str,
    /// What is made of a call.
    pub(crate) build: Build,
}

/// A row that yields a value for each row.
pub(crate) const fn scalar(name: &'static str, build: fn(&Call<'_>) -> Result<Typed>) -> Function {
    Function {
        name,
        build: Build::Scalar(build),
    }
}

/// A row that yields a value for each group.
pub(crate) const fn aggregate(
    name: &'static str,
    build: fn(&Call<'_>) -> Result<Typed>,
) -> Function {
    Function {
        name,
        build: Build::Aggregate(build),
    }
}

/// A row for a window function.
pub(crate) const fn window(
    name: &'static str,
    build: fn(&Call<'_>) -> Result<WindowCall>,
) -> Function {
    Function {
        name,
        build: Build::Window(build),
    }
}

/// A row for a generator.
pub(crate) const fn generator(
    name: &'static str,
    build: fn(&Call<'_>) -> Result<Generator>,
) -> Function {
    Function {
        name,
        build: Build::Generator(build),
    }
}

/// A row for a function with lambdas.
pub(crate) const fn higher_order(name: &'static str, build: HigherOrder) -> Function {
    Function {
        name,
        build: Build::HigherOrder(build),
    }
}

/// A row for what Spark has and this server refuses by name.
pub(crate) const fn planned(name: &'static str) -> Function {
    Function {
        name,
        build: Build::Planned,
    }
}

/// A call of a scalar function of ours by name, for planners that need one.
pub(crate) fn call(context: &Context, name: &str, args: Vec<Typed>) -> Result<Typed> {
    let row = find(name).ok_or_else(|| Error::internal(format!("no function row {name}")))?;
    let Build::Scalar(build) = row.build else {
        return Err(Error::internal(format!("{name} is no scalar function")));
    };
    build(&Call {
        context,
        name: row.name,
        args,
        distinct: false,
        filter: None,
        ignore_nulls: false,
        origin: None,
    })
}

/// A call of an aggregate of ours, for planners that need one.
pub(crate) fn aggregate_call(call: Call<'_>) -> Result<Typed> {
    match find(call.name).map(|row| row.build) {
        Some(Build::Aggregate(build)) => build(&call),
        _ => Err(Error::internal(format!("no aggregate row {}", call.name))),
    }
}

impl Call<'_> {
    /// Refuses a wrong number of arguments as Spark does.
    pub(crate) fn arity(&self, allowed: std::ops::RangeInclusive<usize>) -> Result<()> {
        if allowed.contains(&self.args.len()) {
            return Ok(());
        }
        let expected = match (*allowed.start(), *allowed.end()) {
            (low, high) if low == high => low.to_string(),
            (low, usize::MAX) => format!("> {}", low.saturating_sub(1)),
            (low, high) => {
                format!(
                    "[{}]",
                    (low..=high)
                        .map(|n| n.to_string())
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            }
        };
        let error = Error::new(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            [
                ("functionName", format!("`{}`", self.name)),
                ("expectedNum", expected),
                ("actualNum", self.args.len().to_string()),
                ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
            ],
        );
        // Spark finds out about any number of arguments only when it has the call.
        Err(if *allowed.end() == usize::MAX {
            error.placeless()
        } else {
            error.at(self.origin.clone())
        })
    }

    /// The argument at a place; `arity` was checked before.
    pub(crate) fn arg(&self, index: usize) -> Result<&Typed> {
        self.args.get(index).ok_or_else(|| {
            Error::internal(format!(
                "{} was built without its argument {index}",
                self.name
            ))
        })
    }

    /// `name(a, b)`: the column name that Spark gives most calls.
    pub(crate) fn default_name(&self) -> Arc<str> {
        self.name_as(self.name)
    }

    /// [`Call::default_name`] under another spelling of the function.
    pub(crate) fn name_as(&self, name: &str) -> Arc<str> {
        let args: Vec<&str> = self.args.iter().map(|arg| arg.name.as_ref()).collect();
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        format!("{name}({distinct}{})", args.join(", ")).into()
    }

    /// The argument cast to a type as Spark does implicitly for function arguments, or Spark's
    /// `DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE`. `required` names what was wanted (`"STRING"`).
    pub(crate) fn implicit(&self, index: usize, to: &arrow::datatypes::DataType) -> Result<Typed> {
        let arg = self.arg(index)?;
        if crate::types::coerce::implicitly_castable(&arg.data_type, to) {
            cast(
                self.context,
                arg.clone(),
                to,
                CastMode::implicit(self.context),
                self.origin.clone(),
            )
        } else {
            Err(self.unexpected_type(index, &sql_name(to)))
        }
    }

    /// Spark's complaint about an argument's type.
    pub(crate) fn unexpected_type(&self, index: usize, required: &str) -> Error {
        const ORDINALS: [&str; 10] = [
            "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
            "tenth",
        ];
        let (name, found) = self
            .args
            .get(index)
            .map(|arg| (arg.name.to_string(), shown_type(arg)))
            .unwrap_or_default();
        Error::new(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            [
                ("sqlExpr", format!("\"{}\"", self.shown())),
                (
                    "paramIndex",
                    ORDINALS.get(index).copied().unwrap_or("next").to_owned(),
                ),
                ("requiredType", required_type(required)),
                ("inputSql", format!("\"{name}\"")),
                ("inputType", format!("\"{found}\"")),
            ],
        )
        .at(self.origin.clone())
    }

    /// A schema, which must be written out.
    pub(crate) fn schema_text(&self, index: usize) -> Result<&str> {
        let arg = self.arg(index)?;
        arg.constant_str().ok_or_else(|| {
            Error::new(
                "INVALID_SCHEMA.NON_STRING_LITERAL",
                [("inputSchema", format!("\"{}\"", arg.name))],
            )
            .at(self.origin.clone())
        })
    }

    /// Refuses an argument that is no constant expression.
    pub(crate) fn foldable(&self, index: usize, what: &str) -> Result<()> {
        let arg = self.arg(index)?;
        if arg.is_foldable() {
            return Ok(());
        }
        Err(Error::new(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            [
                ("sqlExpr", format!("\"{}\"", self.default_name())),
                ("inputName", format!("`{what}`")),
                ("inputType", format!("\"{}\"", sql_name(&arg.data_type))),
                ("inputExpr", format!("\"{}\"", arg.name)),
            ],
        )
        .at(self.origin.clone()))
    }

    /// The call as Spark's SQL has it: operators are no functions there.
    fn shown(&self) -> Arc<str> {
        let args: Vec<&str> = self.args.iter().map(|arg| arg.name.as_ref()).collect();
        match (self.name, args.as_slice()) {
            ("not" | "!", [only]) => format!("(NOT {only})").into(),
            ("~", [only]) => format!("~{only}").into(),
            ("+" | "-" | "*" | "/" | "%", [left, right]) => {
                format!("({left} {} {right})", self.name).into()
            }
            ("if", [condition, yes, no]) => format!("(IF({condition}, {yes}, {no}))").into(),
            ("get_array_item", [array, index]) => format!("{array}[{index}]").into(),
            ("when", args) => {
                let mut text = "CASE".to_owned();
                for pair in args.chunks(2) {
                    text.push_str(&match pair {
                        [condition, value] => format!(" WHEN {condition} THEN {value}"),
                        rest => format!(" ELSE {}", rest.join(", ")),
                    });
                }
                text.push_str(" END");
                text.into()
            }
            _ => self.default_name(),
        }
    }

    /// Whether any argument may be null: the nullability of most functions.
    pub(crate) fn any_nullable(&self) -> bool {
        self.args.iter().any(|arg| arg.nullable)
    }
}

/// The SQL name of a value's type, an interval's with the fields it has.
pub(crate) fn shown_type(value: &Typed) -> String {
    match crate::types::interval::Fields::of(&value.data_type, &value.metadata) {
        Some(fields) => fields.name(&value.data_type).to_uppercase(),
        None => sql_name(&value.data_type),
    }
}

fn required_type(required: &str) -> String {
    if required.starts_with(['(', '"']) {
        required.to_owned()
    } else {
        format!("\"{required}\"")
    }
}
