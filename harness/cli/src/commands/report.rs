//! `sparring report`: a record is judged again, here and now.

use sparring_harness::{CheckConfig, Error, Record};

use super::judge::Plan;
use crate::{args::ReportArguments, printer::Printer};

/// `sparring report`.
pub(crate) fn report(arguments: &ReportArguments, printer: Printer) -> Result<u8, Error> {
    let plan = Plan::new(&arguments.judge, &CheckConfig::default())?;
    let record = Record::read(&arguments.record)?;
    plan.carry_out(&record, printer)
}
