//! `explain`: plans in Spark's words.
//!
//! The parsed plan is the client's message (`parsed`), the analyzed one what the planner resolved it to
//! (`analyzed`), the optimized one what DataFusion's optimizer made of that (`logical`), the physical one
//! what will run (`physical`). This file puts them under Spark's headings, one row for each mode.

mod analyzed;
mod cached;
mod calls;
mod command;
mod expression;
mod files;
mod formatted;
mod index;
mod logical;
mod names;
mod notation;
mod parsed;
mod physical;
mod source;
mod statement;
mod statistics;
mod tree;
mod window;
mod writer;

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use sparring_proto::connect as proto;
use sparring_proto::connect::analyze_plan_request::explain::ExplainMode;

pub(crate) use statement::explain_statement;

use crate::cache::Kept;
use crate::error::{Error, Result};
use crate::execution::visible;
use crate::plan::Planned;
use crate::plan::context::Context;
use crate::plan::sources::Sources;
use crate::plan::trace::Trace;
use crate::types::names::field_type;
use analyzed::Analyzed;
use index::Index;
use parsed::Parsed;
use physical::Physical;
use tree::Node;
use writer::Writer;

/// The text of `explain` in a mode.
pub(crate) async fn explain(
    context: &Context,
    relation: &proto::Relation,
    mode: ExplainMode,
) -> Result<String> {
    explained(&traced(context), relation, Said::InDataFrame, mode).await
}

/// How a plan came to us; Spark's SQL parser has decided more than a DataFrame's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    InSql,
    InDataFrame,
}

async fn explained(
    context: &Context,
    relation: &proto::Relation,
    said: Said,
    mode: ExplainMode,
) -> Result<String> {
    let (planned, sources) = crate::analyze::plan_with_sources(context, relation).await?;
    let plans = Plans::of(context, relation, said, planned, &sources).await?;
    Ok(match mode {
        ExplainMode::Unspecified => {
            return Err(Error::invalid_plan("the explain mode is not set"));
        }
        ExplainMode::Simple => format!("{}\n", plans.physical()),
        ExplainMode::Extended => format!(
            "== Parsed Logical Plan ==\n{}\n== Analyzed Logical Plan ==\n{}{}\n\
             == Optimized Logical Plan ==\n{}\n{}",
            plans.parsed,
            plans.schema,
            plans.analyzed,
            plans.optimized.drawn(),
            plans.physical(),
        ),
        // Nothing here compiles plans to Java; Spark says the same of plans that it does not compile.
        ExplainMode::Codegen => "Found 0 WholeStageCodegen subtrees.\n".to_owned(),
        ExplainMode::Cost => format!(
            "== Optimized Logical Plan ==\n{}\n{}\n",
            plans.with_sizes(),
            plans.physical()
        ),
        ExplainMode::Formatted => format!("== Physical Plan ==\n{}\n", plans.formatted()),
    })
}

/// The same context, under which resolution is logged.
fn traced(context: &Context) -> Context {
    Context {
        trace: Some(Arc::new(Trace::default())),
        ..context.clone()
    }
}

/// The plans of one relation, written.
struct Plans {
    parsed: String,
    schema: String,
    analyzed: String,
    optimized: Node,
    physical: Node,
}

impl Plans {
    async fn of(
        context: &Context,
        relation: &proto::Relation,
        said: Said,
        planned: Planned,
        sources: &Sources,
    ) -> Result<Self> {
        let running = Running::of(context, visible(planned.clone())?).await?;
        Ok(Self::written(
            context, relation, said, &planned, sources, &running,
        ))
    }

    fn written(
        context: &Context,
        relation: &proto::Relation,
        said: Said,
        planned: &Planned,
        sources: &Sources,
        running: &Running,
    ) -> Self {
        let trace = context.trace.clone().unwrap_or_default();
        let root = trace.root();
        let writer = Writer::new(context, trace, files::of(context, sources));
        let index = Index::new(relation, root.as_deref());
        let of = Analyzed {
            context,
            writer: &writer,
            index: &index,
            sql: said == Said::InSql,
        };
        // The analyzed plan first: the parsed one has parts of it.
        let analyzed = match &root {
            Some(root) => of.node(relation, root).drawn(),
            None => String::new(),
        };
        // Parts of the parsed plan are analyzed too, with the names that columns have there.
        let names = writer.names.take();
        let parsed = Parsed::new(of).node(relation, root.as_deref()).node.drawn();
        writer.names.replace(names);
        writer.analyzed.set(false);
        writer.names.borrow_mut().learn_all(&planned.scope);
        let schema = schema(&writer, planned);
        writer.scans(logical::scans(&planned.plan));
        let (optimized, physical) = running.written(&writer);
        Self {
            parsed,
            schema,
            analyzed,
            optimized,
            physical,
        }
    }

    fn physical(&self) -> String {
        format!("== Physical Plan ==\n{}", self.physical.drawn())
    }

    fn with_sizes(&self) -> String {
        let mut out = String::new();
        self.optimized
            .draw(&mut out, &mut Vec::new(), &mut |node| match node.size {
                Some(size) => format!("{}, {}", node.line, size.text()),
                None => node.line.clone(),
            });
        out
    }

    fn formatted(&self) -> String {
        formatted::text(&mut self.physical.clone())
    }
}

/// A plan after the optimizer, what runs of it, and what the kept rows in it were made by.
struct Running {
    optimized: LogicalPlan,
    physical: Arc<dyn ExecutionPlan>,
    kept: Vec<(Arc<dyn TableProvider>, Running)>,
}

impl Running {
    /// Plans and runs nothing, not even the scans of kept rows.
    async fn of(context: &Context, plan: LogicalPlan) -> Result<Self> {
        let engine = context.session.workspace.physical();
        let optimized = engine.optimized(plan)?;
        let logical = optimized.plan.clone();
        let mut kept = Vec::new();
        for provider in cached::kept_in(&logical)? {
            if let Some(rows) = provider.downcast_ref::<Kept>() {
                let made_by = Box::pin(Self::of(context, rows.plan().clone())).await?;
                kept.push((provider, made_by));
            }
        }
        let physical = optimized.with(cached::untouched)?.planned().await?;
        Ok(Self {
            optimized: logical,
            physical,
            kept,
        })
    }

    /// The optimized and the physical plan, written.
    fn written(&self, writer: &Writer) -> (Node, Node) {
        for (provider, made_by) in &self.kept {
            if let Some(rows) = provider.downcast_ref::<Kept>() {
                let kept = Writer::inside(writer);
                rows.columns()
                    .iter()
                    .for_each(|column| kept.names.borrow_mut().learn(column));
                kept.scans(logical::scans(rows.plan()));
                let (_, physical) = made_by.written(&kept);
                writer.keep(rows, physical);
            }
        }
        let logical = logical::node(writer, &self.optimized);
        (logical, Physical { writer }.root(&self.physical))
    }
}

/// `name: type, …` and the end of the line; nothing without columns.
fn schema(writer: &Writer, planned: &Planned) -> String {
    let columns: Vec<String> = planned
        .scope
        .columns
        .iter()
        .map(|column| format!("{}: {}", column.name, field_type(&column.field())))
        .collect();
    match columns.is_empty() {
        true => String::new(),
        false => format!("{}\n", tree::list(&columns, ("", ", ", ""), writer.most)),
    }
}
