//! Which fields the interval has that a call yields.

use arrow::datatypes::DataType;

use crate::functions::Call;
use crate::plan::typed::Typed;
use crate::types::interval::{Fields, Inside};

/// The result of a call with the note of its interval's fields (`types/interval.rs`): what yields
/// one of its arguments, or a sum of them, has the fields of all of them.
pub(super) fn interval_noted(call: &Call<'_>, mut found: Typed) -> Typed {
    const OF_ARGUMENTS: [&str; 35] = [
        "+",
        "-",
        "abs",
        "any_value",
        "case",
        "coalesce",
        "first",
        "first_value",
        "greatest",
        "if",
        "ifnull",
        "lag",
        "last",
        "last_value",
        "lead",
        "least",
        "max",
        "max_by",
        "min",
        "min_by",
        "mode",
        "negative",
        "nth_value",
        "nullif",
        "nullifzero",
        "nvl",
        "nvl2",
        "positive",
        "sum",
        "try_add",
        "try_subtract",
        "try_sum",
        "when",
        "zeroifnull",
        "any",
    ];
    let inside = call.args.iter().fold(Inside::default(), |all, arg| {
        all.and(&arg.data_type, &arg.metadata)
    });
    let Some(all) = Fields::all(&found.data_type) else {
        found.data_type = inside.noted(&found.data_type);
        return found;
    };
    let is_date = |arg: &Typed| matches!(arg.data_type, DataType::Date32 | DataType::Null);
    let is_nested = |arg: &Typed| {
        matches!(
            arg.data_type,
            DataType::List(_) | DataType::Map(..) | DataType::Struct(_)
        )
    };
    let fields = if call.name == "-" && call.args.iter().all(is_date) {
        // Dates are whole days apart.
        Fields::DAY
    } else if OF_ARGUMENTS.contains(&call.name) {
        let fields = call
            .args
            .iter()
            .filter(|arg| arg.data_type == found.data_type)
            .filter_map(|arg| Fields::of(&arg.data_type, &arg.metadata))
            .reduce(Fields::with);
        fields.unwrap_or(all)
    } else if call.args.iter().any(is_nested) {
        // What comes out of an array or a map.
        inside.of(&found.data_type).unwrap_or(all)
    } else {
        all
    };
    fields.note(&found.data_type, &mut found.metadata);
    found
}
