//! SHOW FUNCTIONS: Spark's own, the session's and a schema's.

use sparring_proto::connect as proto;

use super::matches;
use crate::error::Result;
use crate::functions::listed;
use crate::plan::command::result::Table;
use crate::plan::context::Context;

/// `SHOW [USER|SYSTEM|ALL] FUNCTIONS [IN schema] [LIKE pattern]`.
pub(super) fn functions(
    context: &Context,
    namespace: &[String],
    pattern: Option<&str>,
    (user, system): (bool, bool),
) -> Result<proto::Relation> {
    let mut names = Vec::new();
    if user {
        names = of_users(context, namespace, pattern)?;
    }
    if system {
        let known = listed().filter(|name| matches(pattern, name));
        names.extend(known.map(str::to_owned));
    }
    names.sort();
    names.dedup();
    Table::default().text("function", names).relation()
}

/// The functions of the session and of a schema.
fn of_users(context: &Context, namespace: &[String], pattern: Option<&str>) -> Result<Vec<String>> {
    let catalog = &context.session.workspace.catalog;
    let (of, schema) = catalog.qualify_schema(&context.namespace(), namespace)?;
    catalog.require_schema(&of, &schema)?;
    let (of, schema) = (of.to_lowercase(), schema.to_lowercase());
    let mut names = context.session.temp_function_names();
    names.retain(|name| matches(pattern, name));
    let kept: Vec<String> = catalog.read(|entries| {
        let inside = entries
            .functions
            .iter()
            .filter(|((c, s, _), entry)| *c == of && *s == schema && matches(pattern, &entry.name));
        inside
            .map(|(_, entry)| format!("{of}.{schema}.{}", entry.name))
            .collect()
    });
    names.extend(kept);
    Ok(names)
}
