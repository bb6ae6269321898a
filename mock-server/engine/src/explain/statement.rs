//! `EXPLAIN` of a statement. One that fails its analysis is answered with the failure and with the
//! plan as far as it was resolved (`ExplainCommand`).

use std::sync::Arc;

use sparring_proto::connect as proto;
use sparring_proto::connect::analyze_plan_request::explain::ExplainMode as Mode;
use sparring_sql::Statement;
use sparring_sql::statement::{Explain, ExplainMode};

use super::analyzed::Analyzed;
use super::index::Index;
use super::parsed::Parsed;
use super::writer::Writer;
use super::{Said, command, explained, traced};
use crate::error::{Error, Result};
use crate::plan::context::Context;

/// The rows of the answer.
pub(crate) async fn explain_statement(context: &Context, node: &Explain) -> Result<Vec<String>> {
    let mode = match node.mode {
        ExplainMode::Simple => Mode::Simple,
        ExplainMode::Extended => Mode::Extended,
        ExplainMode::Codegen => Mode::Codegen,
        ExplainMode::Cost => Mode::Cost,
        ExplainMode::Formatted => Mode::Formatted,
    };
    match node.statement.as_ref() {
        Statement::Query(query) => query_rows(context, query, mode).await,
        statement => Ok(vec![command::text(context, statement, mode).await?]),
    }
}

async fn query_rows(context: &Context, query: &proto::Relation, mode: Mode) -> Result<Vec<String>> {
    let context = traced(context);
    let error = match explained(&context, query, Said::InSql, mode).await {
        Ok(text) => return Ok(vec![text]),
        Err(error) => error,
    };
    let trace = context.trace.clone().unwrap_or_default();
    let root = trace.root();
    let writer = Writer::new(&context, Arc::clone(&trace), Vec::new());
    let index = Index::new(query, root.as_deref());
    let of = Analyzed {
        context: &context,
        writer: &writer,
        index: &index,
        sql: true,
    };
    let as_far = Parsed::failed(of).node(query, root.as_deref()).node.drawn();
    let message = plain(&error);
    if mode == Mode::Extended {
        let parsed = Parsed::new(of).node(query, root.as_deref()).node.drawn();
        return Ok(vec![format!(
            "== Parsed Logical Plan ==\n{parsed}\n== Analyzed Logical Plan ==\n\
             org.apache.spark.sql.AnalysisException: {message};\n{as_far}"
        )]);
    }
    let text = format!("Error occurred during query planning: \n{message};\n{as_far}");
    Ok(text
        .trim_end_matches('\n')
        .split('\n')
        .map(str::to_owned)
        .collect())
}

/// The message without our advice, which no plan of Spark's has.
fn plain(error: &Error) -> String {
    let text = error.message();
    match text.split_once("\nhint: ") {
        Some((message, rest)) => match rest.rfind("; line ") {
            Some(place) => format!("{message}{}", &rest[place..]),
            None => message.to_owned(),
        },
        None => text,
    }
}
