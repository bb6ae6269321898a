//! `VARIANT` as Arrow carries it for Spark: a struct of the value's bytes and its dictionary's, told
//! from other structs by a mark on the second field.

use std::collections::HashMap;
use std::sync::LazyLock;

use arrow::datatypes::{DataType, Field, Fields};

/// The mark, which Spark's own clients look for.
const MARK: &str = "variant";

static VARIANT: LazyLock<DataType> = LazyLock::new(|| {
    let mark = HashMap::from([(MARK.to_owned(), "true".to_owned())]);
    DataType::Struct(Fields::from(vec![
        Field::new("value", DataType::Binary, false),
        Field::new("metadata", DataType::Binary, false).with_metadata(mark),
    ]))
});

/// The type.
pub(crate) fn variant() -> DataType {
    VARIANT.clone()
}

/// Whether a type is this one.
pub(crate) fn is_variant(data_type: &DataType) -> bool {
    match data_type {
        DataType::Struct(fields) => {
            fields.len() == 2 && fields[1].metadata().get(MARK).is_some_and(|m| m == "true")
        }
        _ => false,
    }
}

/// Whether a variant is somewhere in the type.
pub(crate) fn has_variant(data_type: &DataType) -> bool {
    is_variant(data_type)
        || match data_type {
            DataType::List(item) | DataType::Map(item, _) => has_variant(item.data_type()),
            DataType::Struct(fields) => fields.iter().any(|f| has_variant(f.data_type())),
            _ => false,
        }
}
