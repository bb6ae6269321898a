//! Session variables in expressions: the last thing that a name may mean.
//!
//! A variable is a constant: its value is put in when the query is planned
//! (`ColumnResolutionHelper.resolveVariables`).

use crate::error::Result;
use crate::functions::kernels::sql_text::sql_text;
use crate::plan::Planner;
use crate::plan::context::Context;
use crate::plan::names::nested_fields;
use crate::plan::typed::Typed;

const SYSTEM: &str = "system";
const SESSION: &str = "session";

/// How Spark writes a variable where it is not alone.
pub(super) const WRITTEN: &str = "variablereference(";

impl Planner<'_> {
    /// The variable that a name means, or a field in it.
    pub(super) fn session_variable(&self, parts: &[String]) -> Result<Option<Typed>> {
        if !self.sees_session {
            return Ok(None);
        }
        let unqualified = match parts {
            [system, session, rest @ ..] if is(system, SYSTEM) && is(session, SESSION) => rest,
            [session, rest @ ..] if is(session, SESSION) => rest,
            rest => rest,
        };
        let found = match self.variable_of(unqualified)? {
            None => self.variable_of(parts)?,
            found => found,
        };
        if found.is_some() {
            self.context.names_temporary("VARIABLE", parts);
        }
        Ok(found)
    }

    fn variable_of(&self, parts: &[String]) -> Result<Option<Typed>> {
        let Some((name, fields)) = parts.split_first() else {
            return Ok(None);
        };
        let context = self.context;
        let folded = context.folded_name(name);
        let Some(variable) = context.session.variables.get(&folded) else {
            return Ok(None);
        };
        let text = sql_text(&variable.value, &variable.data_type, context.time_zone)?;
        let shown = format!("{WRITTEN}{SYSTEM}.{SESSION}.{folded}={text})");
        let value = Typed::literal(variable.value.clone(), variable.data_type.clone(), shown);
        let value = value.aliased(name.as_str());
        nested_fields(context, value, fields).map(Some)
    }
}

/// Whether a value is nothing but a variable, under its own name: Spark does not name a cast of one,
/// or an item in it, after the variable.
pub(crate) fn is_variable(value: &Typed) -> bool {
    let Some(alias) = value.alias.as_deref() else {
        return false;
    };
    let name = value.name.strip_prefix(WRITTEN);
    let name = name.and_then(|text| text.strip_prefix("system.session."));
    name.and_then(|text| {
        text.get(..alias.len())?
            .eq_ignore_ascii_case(alias)
            .then_some(())
    })
    .is_some()
        && value.constant().is_some()
}

/// The name of a variable among the session's, if one may be called this.
pub(crate) fn variable_name(context: &Context, parts: &[String]) -> Option<String> {
    let name = match parts {
        [name] => name,
        [session, name] if is(session, SESSION) => name,
        [system, session, name] if is(system, SYSTEM) && is(session, SESSION) => name,
        _ => return None,
    };
    Some(context.folded_name(name).into_owned())
}

fn is(part: &str, word: &str) -> bool {
    part.eq_ignore_ascii_case(word)
}
