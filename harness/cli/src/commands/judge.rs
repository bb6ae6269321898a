//! From a record to reports and an exit status, the same way for every command.

use std::fs;

use sparring_harness::{
    CheckConfig, Error, Record, Run, Selection, ensure_writable, exit, judge,
    report::{self, Colour, Format, Output},
};

use crate::{args::JudgeArguments, printer::Printer};

/// Everything about judging that can be wrong before something is run.
pub(crate) struct Plan {
    selection: Selection,
    outputs: Vec<Output>,
    config: CheckConfig,
}

impl Plan {
    /// Reads rules and formats; the command line comes before the configuration.
    pub(crate) fn new(arguments: &JudgeArguments, config: &CheckConfig) -> Result<Self, Error> {
        let or = |given: &Vec<String>, configured: &Vec<String>| {
            if given.is_empty() {
                configured.clone()
            } else {
                given.clone()
            }
        };
        let mut outputs: Vec<Output> = arguments
            .format
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>()?;
        for path in outputs.iter().filter_map(|output| output.file.as_ref()) {
            ensure_writable(path)?;
        }
        // A report in a file does not replace what people read.
        if outputs.iter().all(|output| output.file.is_some()) {
            outputs.insert(
                0,
                Output {
                    format: Format::Terminal,
                    file: None,
                },
            );
        }
        Ok(Self {
            selection: Selection::new(
                &or(&arguments.select, &config.select),
                &or(&arguments.ignore, &config.ignore),
            )?,
            outputs,
            config: config.clone(),
        })
    }

    /// Judges `record`, writes all reports and answers the exit status.
    pub(crate) fn carry_out(&self, record: &Record, printer: Printer) -> Result<u8, Error> {
        let judgement = judge(&Run::of(record), &self.selection);
        for output in &self.outputs {
            match &output.file {
                None => printer.data(&report::render(
                    output.format,
                    &judgement,
                    printer.colour(),
                )?),
                Some(path) => {
                    let text = report::render(output.format, &judgement, Colour::No)?;
                    fs::write(path, text).map_err(|source| Error::Write {
                        path: path.clone(),
                        source,
                    })?;
                }
            }
        }
        Ok(exit::of_judgement(&judgement, self.config.fail_on))
    }
}
