//! `EXPLAIN` of statements that are run and not planned: what Spark calls the command, and the query in
//! it. What is not here is refused by name.

use sparring_proto::connect::analyze_plan_request::explain::ExplainMode as Mode;
use sparring_sql::Statement;
use sparring_sql::statement::{
    Configuration, CreateView, Describe, DescribeTarget, Explain, Show, ShowTarget, ViewKind,
};

use super::analyzed::Analyzed;
use super::index::Index;
use super::parsed::Parsed;
use super::traced;
use super::tree::Node;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::plan::context::Context;
use crate::plan::scope::Column;

/// A command's plans, as Spark writes them. The optimized one is the analyzed one.
struct Plans {
    parsed: Option<Node>,
    /// The columns of the answer, where Spark knows them.
    schema: &'static str,
    analyzed: Node,
    physical: Node,
}

/// The text of a command's plans.
pub(super) async fn text(context: &Context, statement: &Statement, mode: Mode) -> Result<String> {
    let plans = match statement {
        Statement::Configuration(node) => configuration(node)?,
        Statement::Explain(node) => explained(context, node)?,
        Statement::CreateView(node) => create_view(context, node).await?,
        Statement::Show(node) => show(context, node)?,
        Statement::Describe(node) => describe(context, node)?,
        _ => return Err(refused()),
    };
    let physical = format!("== Physical Plan ==\n{}", plans.physical.drawn());
    match (mode, &plans.parsed) {
        (Mode::Simple, _) => Ok(format!("{physical}\n")),
        (Mode::Extended, Some(parsed)) => {
            let analyzed = plans.analyzed.drawn();
            Ok(format!(
                "== Parsed Logical Plan ==\n{}\n== Analyzed Logical Plan ==\n{}{analyzed}\n\
                 == Optimized Logical Plan ==\n{analyzed}\n{physical}",
                parsed.drawn(),
                plans.schema,
            ))
        }
        (Mode::Codegen, _) => Ok("Found 0 WholeStageCodegen subtrees.\n".to_owned()),
        (Mode::Extended | Mode::Cost | Mode::Formatted | Mode::Unspecified, _) => {
            Err(Error::unsupported("EXPLAIN of this command in that mode"))
        }
    }
}

fn refused() -> Error {
    Error::unsupported("EXPLAIN of such a statement")
}

/// A command that Spark executes when it is met.
fn executed(name: &str, command: Node) -> Node {
    Node::leaf(format!("Execute {name}")).with_inner(vec![command])
}

fn plain(name: &str, line: String) -> Plans {
    let command = Node::leaf(line);
    Plans {
        parsed: None,
        schema: "",
        analyzed: command.clone(),
        physical: executed(name, command),
    }
}

fn configuration(node: &Configuration) -> Result<Plans> {
    let line = match node {
        Configuration::Set { key, value } => format!("SetCommand ({key},Some({value}))"),
        Configuration::Get(key) => format!("SetCommand ({key},None)"),
        Configuration::List
        | Configuration::ListVerbose
        | Configuration::SetTimeZone(_)
        | Configuration::Reset(_)
        | Configuration::ResetAll => return Err(refused()),
    };
    Ok(plain("SetCommand", line))
}

fn explained(context: &Context, node: &Explain) -> Result<Plans> {
    let Statement::Query(query) = node.statement.as_ref() else {
        return Err(refused());
    };
    let context = traced(context);
    let writer = Writer::new(
        &context,
        context.trace.clone().unwrap_or_default(),
        Vec::new(),
    );
    let index = Index::new(query, None);
    let of = Analyzed {
        context: &context,
        writer: &writer,
        index: &index,
        sql: true,
    };
    let line = Parsed::new(of).node(query, None).node.line;
    Ok(plain(
        "ExplainCommand",
        format!("ExplainCommand {line}, {:?}Mode", node.mode),
    ))
}

async fn create_view(context: &Context, node: &CreateView) -> Result<Plans> {
    let kind = match node.kind {
        ViewKind::Temporary => "LocalTempView",
        ViewKind::GlobalTemporary => "GlobalTempView",
        ViewKind::Persistent | ViewKind::Materialized => return Err(refused()),
    };
    let context = traced(context);
    crate::analyze::plan(&context, &node.query).await?;
    let trace = context.trace.clone().unwrap_or_default();
    let root = trace.root();
    let writer = Writer::new(&context, trace, Vec::new());
    let index = Index::new(&node.query, root.as_deref());
    let of = Analyzed {
        context: &context,
        writer: &writer,
        index: &index,
        sql: true,
    };
    let mut arguments = vec![crate::types::names::quote_parts(&node.name)];
    if !node.columns.is_empty() {
        let columns: Vec<String> = node
            .columns
            .iter()
            .map(|column| match &column.comment {
                Some(comment) => format!("({},Some({comment}))", column.name),
                None => format!("({},None)", column.name),
            })
            .collect();
        arguments.push(format!("[{}]", columns.join(", ")));
    }
    arguments.extend(node.comment.clone());
    arguments.extend([
        node.query_text.clone(),
        node.if_not_exists.to_string(),
        node.replace.to_string(),
        kind.to_owned(),
        "UNSUPPORTED".to_owned(),
    ]);
    let arguments = arguments.join(", ");
    let analyzed = match &root {
        Some(root) => of.node(&node.query, root),
        None => return Err(Error::internal("a view's query was not resolved")),
    };
    let parsed = Parsed::new(of).node(&node.query, root.as_deref()).node;
    let command =
        Node::leaf(format!("CreateViewCommand {arguments}, true")).with_inner(vec![analyzed]);
    Ok(Plans {
        parsed: Some(Node::above(
            format!("CreateViewCommand {arguments}, false"),
            vec![parsed],
        )),
        schema: "",
        analyzed: command.clone(),
        physical: executed("CreateViewCommand", command),
    })
}

/// Columns of an answer, with numbers of their own.
fn columns(context: &Context, names: &[&str]) -> String {
    let writer = Writer::new(context, Default::default(), Vec::new());
    let columns: Vec<String> = names
        .iter()
        .map(|name| {
            let column = Column::new(*name, arrow::datatypes::DataType::Utf8, false);
            writer.names.borrow_mut().of(&column)
        })
        .collect();
    writer.list(&columns)
}

fn show(context: &Context, node: &Show) -> Result<Plans> {
    if !matches!(node.target, ShowTarget::Tables)
        || node.namespace.is_some()
        || node.pattern.is_some()
    {
        return Err(refused());
    }
    let (catalog, schema) = context.session.current_namespace();
    let output = columns(context, &["namespace", "tableName", "isTemporary"]);
    let line = format!("ShowTables {output}");
    let namespace = format!("V2SessionCatalog({catalog}), [{schema}]");
    Ok(Plans {
        parsed: Some(Node::above(
            format!("'{line}"),
            vec![Node::leaf("'CurrentNamespace$")],
        )),
        schema: "namespace: string, tableName: string, isTemporary: boolean\n",
        analyzed: Node::above(
            line.clone(),
            vec![Node::leaf(format!("ResolvedNamespace {namespace}"))],
        ),
        physical: Node::leaf(format!("{line}, {namespace}")),
    })
}

fn describe(context: &Context, node: &Describe) -> Result<Plans> {
    let DescribeTarget::Table {
        table,
        partition,
        column: None,
    } = &node.target
    else {
        return Err(refused());
    };
    // Of a table Spark tells what it has opened, which ours has not by then.
    if context.session.temp_view(table).is_none() || !partition.is_empty() || node.as_json {
        return Err(refused());
    }
    let output = columns(context, &["col_name", "data_type", "comment"]);
    let name = crate::types::names::quote_parts(table);
    let line = format!("DescribeTableCommand {name}, {}, {output}", node.extended);
    Ok(plain("DescribeTableCommand", line))
}
