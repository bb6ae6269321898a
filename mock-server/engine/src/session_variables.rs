//! Session variables: what DECLARE keeps and SET VARIABLE changes.
//!
//! Knows neither statements nor how an expression comes to name one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use parking_lot::RwLock;
use sparring_proto::connect::expression::{ExprType, literal::LiteralType};
use sparring_proto::connect::{self as proto};
use sparring_sql::statement::SqlExpression;

/// One variable.
#[derive(Clone)]
pub(crate) struct Variable {
    /// The type that all its values have.
    pub(crate) data_type: DataType,
    /// What `DEFAULT` means; none means NULL.
    pub(crate) default: Option<SqlExpression>,
    /// What it is now.
    pub(crate) value: ScalarValue,
}

/// The variables of a session, by name. Names arrive as they are told apart: folded, unless the
/// session minds upper and lower case.
#[derive(Default)]
pub(crate) struct Variables(RwLock<HashMap<String, Arc<Variable>>>);

impl Variables {
    /// The variable of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Variable>> {
        self.0.read().get(name).cloned()
    }

    /// Keeps a variable; false if the name is taken and must not be replaced.
    pub(crate) fn put(&self, name: String, variable: Variable, replace: bool) -> bool {
        let mut variables = self.0.write();
        if !replace && variables.contains_key(&name) {
            return false;
        }
        variables.insert(name, Arc::new(variable));
        true
    }

    /// Gives variables other values, all of them at once.
    pub(crate) fn set(&self, values: Vec<(String, ScalarValue)>) {
        let mut variables = self.0.write();
        for (name, value) in values {
            if let Some(variable) = variables.get_mut(&name) {
                Arc::make_mut(variable).value = value;
            }
        }
    }

    /// Takes a variable away; false if there is none.
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.0.write().remove(name).is_some()
    }

    /// The variables that hold a text or a whole number, for the places where SQL's parser needs one.
    pub(crate) fn literals(&self) -> BTreeMap<String, proto::Expression> {
        let variables = self.0.read();
        let found = variables.iter().filter_map(|(name, variable)| {
            let value = match &variable.value {
                ScalarValue::Utf8(Some(text)) => LiteralType::String(text.clone()),
                ScalarValue::Int8(Some(n)) => LiteralType::Integer(i32::from(*n)),
                ScalarValue::Int16(Some(n)) => LiteralType::Integer(i32::from(*n)),
                ScalarValue::Int32(Some(n)) => LiteralType::Integer(*n),
                ScalarValue::Int64(Some(n)) => LiteralType::Long(*n),
                _ => return None,
            };
            let literal = proto::expression::Literal {
                data_type: None,
                literal_type: Some(value),
            };
            let value = proto::Expression {
                common: None,
                expr_type: Some(ExprType::Literal(literal)),
            };
            Some((name.to_lowercase(), value))
        });
        found.collect()
    }
}
