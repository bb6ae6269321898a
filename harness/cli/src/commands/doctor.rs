//! `sparring doctor`: prints what was found, and what to do about what is missing.

use sparring_harness::{Error, examine, exit};

use crate::{args::DoctorArguments, printer::Printer};

/// `sparring doctor`.
pub(crate) async fn doctor(arguments: DoctorArguments, printer: Printer) -> Result<u8, Error> {
    let seen = examine(&arguments.project, arguments.python, &printer).await;
    let width = seen
        .iter()
        .map(|item| item.subject.len())
        .max()
        .unwrap_or(0);
    for item in &seen {
        let word = if item.remedy.is_some() {
            "missing"
        } else {
            "ok"
        };
        printer.data(&format!(
            "{word:7}  {:width$}  {}\n",
            item.subject, item.found
        ));
        if let Some(remedy) = &item.remedy {
            printer.data(&format!("{:7}  {:width$}  {remedy}\n", "", ""));
        }
    }
    let ill = seen.iter().any(|item| item.remedy.is_some());
    Ok(if ill { exit::WRONG_USE } else { exit::CLEAN })
}
