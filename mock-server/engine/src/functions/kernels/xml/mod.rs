//! XML: documents as trees, and XPath 1.0 over them.

pub(crate) mod dom;
mod expression;
mod steps;
pub(crate) mod xpath;
