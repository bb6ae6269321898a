//! Generators where none may stand: what is around them decides how Spark complains, so that they are
//! resolved first, and found afterwards.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::tree_node::TreeNode;

use crate::error::Error;
use crate::functions::Generator;
use crate::functions::kernel::Kernel;
use crate::plan::typed::Typed;

const MARK: &str = "misplaced_generator";

/// A stand-in for a generator among other expressions.
pub(super) fn generator(generator: Generator, name: Arc<str>) -> Typed {
    let column = generator.columns.first();
    let data_type = column.map_or(DataType::Null, |column| column.data_type.clone());
    let shown = name.to_string();
    Kernel::typed(
        MARK,
        shown.clone(),
        (data_type, true),
        vec![generator.list],
        name,
        move |_| Err(nested(&shown)),
    )
}

/// Whether a generator stands in the value.
pub(crate) fn has_generator(value: &Typed) -> bool {
    value
        .expr
        .exists(|expr| Ok(Kernel::options_of(expr, MARK).is_some()))
        .unwrap_or(false)
}

/// Spark's complaint about a generator in an item of a select list.
pub(super) fn nested(item: &str) -> Error {
    Error::new(
        "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
        [("expression", format!("\"{item}\""))],
    )
    .placeless()
}

/// Spark's complaint about a generator in another operator.
pub(crate) fn outside_select(plan: String) -> Error {
    Error::new("UNSUPPORTED_GENERATOR.OUTSIDE_SELECT", [("plan", plan)]).placeless()
}
