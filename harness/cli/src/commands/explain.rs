//! `sparring explain`: prints a rule's own documentation.

use sparring_harness::{Error, RULES, exit, rule_named};

use crate::{args::ExplainArguments, printer::Printer};

/// `sparring explain`.
pub(crate) fn explain(arguments: &ExplainArguments, printer: Printer) -> Result<u8, Error> {
    let text = match &arguments.rule {
        Some(rule) => rule_named(rule)?.docs(),
        None => RULES.iter().fold(String::new(), |list, rule| {
            list + &format!(
                "{}  {:7}  {}\n",
                rule.id,
                rule.severity.to_string(),
                rule.name
            )
        }),
    };
    printer.data(&text);
    Ok(exit::CLEAN)
}
