//! Functions of XML text: taking values out with XPath, reading it as Spark types, writing it.

mod infer;
mod options;
mod paths;
mod read;
mod write;

use super::{Function, scalar};

pub(super) const TABLE: &[Function] = &[
    scalar("from_xml", read::from_xml),
    scalar("schema_of_xml", infer::schema_of_xml),
    scalar("to_xml", write::to_xml),
    scalar("xpath", paths::xpath),
    scalar("xpath_boolean", paths::boolean),
    scalar("xpath_double", paths::double),
    scalar("xpath_float", paths::float),
    scalar("xpath_int", paths::int),
    scalar("xpath_long", paths::long),
    scalar("xpath_number", paths::double),
    scalar("xpath_short", paths::short),
    scalar("xpath_string", paths::string),
];
