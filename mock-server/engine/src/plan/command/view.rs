//! Temporary views, of DataFrames and of SQL queries.

use std::sync::Arc;

use sparring_proto::Required;
use sparring_proto::connect as proto;
use sparring_proto::connect::read::ReadType;
use sparring_proto::connect::relation::RelType;
use sparring_sql::Statement;
use sparring_sql::statement::{CreateView, ViewColumn, ViewKind};

use super::result::nothing;
use crate::catalog::store::{RelationEntry, RelationKind, ViewEntry};
use crate::catalog::{QualifiedName, comment_of, now_ms};
use crate::error::{Error, Exception, Result};
use crate::plan::Planned;
use crate::plan::context::Context;
use crate::plan::relation::children;
use crate::plan::scope::Column;
use crate::plan::sources::View;
use crate::session::TempView;
use crate::types::names::{quote, quote_parts};

/// `createOrReplaceTempView` and its like.
pub(super) async fn create(
    context: &Context,
    node: &proto::CreateDataFrameViewCommand,
) -> Result<()> {
    let input = node
        .input
        .as_ref()
        .required("create_dataframe_view.input")?;
    let planned = crate::analyze::plan(context, input).await?;
    let invalid = || Error::new("_LEGACY_ERROR_TEMP_1321", [("viewName", node.name.clone())]);
    let parts = sparring_sql::parse_multipart_identifier(&node.name).map_err(|_| invalid())?;
    let Some(name) = parts.last() else {
        return Err(invalid());
    };
    let view = if is_fixed(context, input)? {
        TempView::new(planned)
    } else {
        let view = View {
            text: None,
            query: input.clone(),
            is_temporary: true,
            conf: Default::default(),
            namespace: None,
            qualifier: vec![name.clone()],
            columns: None,
        };
        TempView::resolved_at_use(planned, view)
    };
    put(context, parts.clone(), view, node.is_global, node.replace)
}

/// `CREATE [OR REPLACE] [GLOBAL] TEMPORARY VIEW … AS query`.
pub(super) fn create_from_sql(
    context: &Context,
    node: CreateView,
    planned: Planned,
    global: bool,
) -> Result<()> {
    let name = node.name.last().cloned().unwrap_or_default();
    if node.if_not_exists && context.session.temp_view(&node.name).is_some() {
        return Ok(());
    }
    no_cycle(context, &node.query, &name, &name)?;
    let columns = planned
        .scope
        .columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let mut made = column.clone();
            if let Some(given) = node.columns.get(place) {
                made.name = given.name.as_str().into();
                if let Some(comment) = &given.comment {
                    let text = serde_json::Value::String(comment.clone()).to_string();
                    Arc::make_mut(&mut made.metadata).insert("comment".to_owned(), text);
                }
            }
            (column.name.to_string(), made)
        });
    let columns: Vec<(String, Column)> = columns.collect();
    // Places of the query's expressions are those in the view's own text.
    let (query, text) = match sparring_sql::parse_statement(&node.query_text) {
        Ok(Statement::Query(query)) => (query, Some(Arc::from(node.query_text.as_str()))),
        // The text has parameters, whose values only the parsed query knows.
        _ => (node.query, None),
    };
    let view = View {
        text,
        query,
        is_temporary: true,
        conf: context.kept(),
        namespace: Some(context.namespace()),
        qualifier: vec![name.clone()],
        columns: Some(columns),
    };
    let view = TempView::resolved_at_use(planned, view);
    put(context, vec![name], view, global, node.replace)
}

/// `CREATE VIEW` of any kind.
pub(super) async fn create_view(context: &Context, node: CreateView) -> Result<proto::Relation> {
    let planned = crate::analyze::plan(context, &node.query).await?;
    let catalog = &context.session.workspace.catalog;
    let shown = match node.kind {
        ViewKind::Persistent => catalog.qualify(&context.namespace(), &node.name)?.parts(),
        _ => node.name.clone(),
    };
    check_columns(context, &shown, &node.columns, &planned)?;
    match node.kind {
        ViewKind::Temporary => create_from_sql(context, node, planned, false)?,
        ViewKind::GlobalTemporary => create_from_sql(context, node, planned, true)?,
        ViewKind::Persistent => {
            let name = catalog.qualify(&context.session.current_namespace(), &node.name)?;
            if node.if_not_exists && catalog.relation(&name).is_some() {
                return nothing();
            }
            nothing_temporary(context, "VIEW", &name.quoted())?;
            if node.columns.is_empty() {
                named_columns(&planned, &name.quoted())?;
            }
            return keep_persistent(context, name, node, &planned);
        }
        ViewKind::Materialized => return Err(Error::unsupported("materialized views")),
    }
    nothing()
}

/// Puts a view into the catalog. Its columns have the comments of the query's unless it says others.
pub(super) fn keep_persistent(
    context: &Context,
    name: QualifiedName,
    node: CreateView,
    planned: &Planned,
) -> Result<proto::Relation> {
    let catalog = &context.session.workspace.catalog;
    let existing = catalog.relation(&name).map(|entry| entry.kind);
    if let (true, Some(RelationKind::Table(_))) = (node.replace, existing) {
        return Err(Error::new(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
            [
                ("tableName", name.quoted()),
                ("operation", "CREATE OR REPLACE VIEW".to_owned()),
            ],
        ));
    }
    if node.replace {
        let mut path = vec![folded(&name)];
        no_catalog_cycle(context, &node.query, &name, &mut path)?;
    }
    let query = &planned.scope.columns;
    let made = query.iter().map(|column| {
        let json = crate::types::json::to_json(&column.data_type).to_string();
        (column.name.to_string(), json)
    });
    let columns = query.iter().enumerate().map(|(place, column)| {
        let given = node.columns.get(place);
        let shown = given.map_or_else(|| column.name.to_string(), |given| given.name.clone());
        let comment = given.and_then(|given| given.comment.clone());
        (shown, comment.or_else(|| comment_of(&column.field())))
    });
    let entry = RelationEntry {
        name: name.name.clone(),
        kind: RelationKind::View(ViewEntry {
            text: node.query_text,
            columns: columns.collect(),
            namespace: context.session.current_namespace(),
            conf: context.kept(),
            made: made.collect(),
            schema_mode: node
                .schema_mode
                .unwrap_or_else(|| "COMPENSATION".to_owned()),
        }),
        comment: node.comment,
        properties: node.properties.into_iter().collect(),
        created_ms: now_ms(),
    };
    let kept = catalog.put_relation(&name, entry, node.replace);
    // Spark throws the class that views share where a table's name is taken.
    kept.map_err(|error| match error.class() {
        Some("TABLE_OR_VIEW_ALREADY_EXISTS") => error.thrown_as(Exception::Analysis),
        _ => error,
    })?;
    nothing()
}

/// Refuses a view whose columns are too many or too few, or of the same name.
pub(super) fn check_columns(
    context: &Context,
    view: &[String],
    names: &[ViewColumn],
    planned: &Planned,
) -> Result<()> {
    let data = &planned.scope.columns;
    if !names.is_empty() && names.len() != data.len() {
        let list = |names: Vec<String>| names.join(", ");
        let class = if names.len() > data.len() {
            "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
        } else {
            "CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
        };
        return Err(Error::new(
            class,
            [
                ("viewName", quote_parts(view)),
                (
                    "viewColumns",
                    list(names.iter().map(|column| quote(&column.name)).collect()),
                ),
                (
                    "dataColumns",
                    list(data.iter().map(|column| quote(&column.name)).collect()),
                ),
            ],
        ));
    }
    let shown: Vec<&str> = match names.is_empty() {
        true => data.iter().map(|column| column.name.as_ref()).collect(),
        false => names.iter().map(|column| column.name.as_str()).collect(),
    };
    for (place, name) in shown.iter().enumerate() {
        let before = shown.iter().take(place);
        if before.clone().any(|other| context.same_name(other, name)) {
            let name = quote(&name.to_lowercase());
            return Err(Error::new("COLUMN_ALREADY_EXISTS", [("columnName", name)]));
        }
    }
    Ok(())
}

/// Refuses a query of a catalog's view that reads the view it is to be.
pub(super) fn no_catalog_cycle(
    context: &Context,
    query: &proto::Relation,
    target: &QualifiedName,
    path: &mut Vec<String>,
) -> Result<()> {
    let catalog = &context.session.workspace.catalog;
    let mut reads = Vec::new();
    children::reads(context, query, &mut reads)?;
    let common = common_names(query);
    for parts in reads.iter().filter_map(table_name) {
        let is_common = |name: &String| common.iter().any(|known| context.same_name(known, name));
        if let [name] = parts.as_slice()
            && is_common(name)
        {
            continue;
        }
        let Ok(name) = catalog.qualify(&context.namespace(), &parts) else {
            continue;
        };
        let Some(RelationKind::View(view)) = catalog.relation(&name).map(|entry| entry.kind) else {
            continue;
        };
        path.push(folded(&name));
        if name.key() == target.key() {
            return Err(Error::new(
                "RECURSIVE_VIEW",
                [
                    ("viewIdent", folded(target)),
                    ("newPath", path.join(" -> ")),
                ],
            ));
        }
        if let Ok(Statement::Query(query)) = sparring_sql::parse_statement(&view.text) {
            let inside = Context {
                namespace: Some(view.namespace.clone()),
                ..context.clone()
            };
            no_catalog_cycle(&inside, &query, target, path)?;
        }
        path.pop();
    }
    Ok(())
}

/// The name in lower case, as Spark's catalog keeps it.
pub(super) fn folded(name: &QualifiedName) -> String {
    let (catalog, schema, relation) = name.key();
    quote_parts([catalog, schema, relation])
}

/// The names that a query gives to queries of its own.
fn common_names(query: &proto::Relation) -> Vec<String> {
    let mut names = Vec::new();
    let mut pending = vec![query];
    while let Some(next) = pending.pop() {
        if let Some(RelType::WithRelations(with)) = &next.rel_type {
            names.extend(with.references.iter().filter_map(
                |reference| match &reference.rel_type {
                    Some(RelType::SubqueryAlias(alias)) => Some(alias.alias.clone()),
                    _ => None,
                },
            ));
        }
        pending.extend(children::inputs(next));
    }
    names
}

/// Refuses a view of the catalog whose columns have names that Spark made up.
pub(super) fn named_columns(planned: &Planned, view: &str) -> Result<()> {
    let mut columns = planned.scope.columns.iter();
    match columns.find(|column| column.metadata.contains_key("__autoGeneratedAlias")) {
        None => Ok(()),
        Some(column) => Err(Error::new(
            "CREATE_PERMANENT_VIEW_WITHOUT_ALIAS",
            [
                ("name", view.to_owned()),
                ("attr", format!("\"{}\"", column.name)),
            ],
        )),
    }
}

/// Refuses what the catalog is to keep and names what only the session has.
pub(super) fn nothing_temporary(context: &Context, kind: &str, name: &str) -> Result<()> {
    let found = context.temporary.lock();
    let first = ["VIEW", "FUNCTION", "VARIABLE"]
        .iter()
        .find_map(|wanted| found.iter().find(|(kind, _)| kind == wanted));
    match first {
        None => Ok(()),
        Some((temporary, parts)) => Err(Error::new(
            "INVALID_TEMP_OBJ_REFERENCE",
            [
                ("obj", kind.to_owned()),
                ("objName", name.to_owned()),
                ("tempObj", (*temporary).to_owned()),
                ("tempObjName", quote_parts(parts)),
            ],
        )),
    }
}

/// Whether a DataFrame names what may mean something else later: a temporary view, a checkpoint.
fn is_fixed(context: &Context, relation: &proto::Relation) -> Result<bool> {
    let mut pending = vec![relation];
    while let Some(next) = pending.pop() {
        if matches!(next.rel_type, Some(RelType::CachedRemoteRelation(_))) {
            return Ok(true);
        }
        pending.extend(children::inputs(next));
    }
    let mut reads = Vec::new();
    children::reads(context, relation, &mut reads)?;
    Ok(reads
        .iter()
        .filter_map(table_name)
        .any(|name| context.session.temp_view(&name).is_some()))
}

fn table_name(read: &proto::Read) -> Option<Vec<String>> {
    match read.read_type.as_ref()? {
        ReadType::NamedTable(table) => {
            sparring_sql::parse_multipart_identifier(&table.unparsed_identifier).ok()
        }
        ReadType::DataSource(_) => None,
    }
}

/// Refuses a query that reads the view it is to be.
fn no_cycle(context: &Context, query: &proto::Relation, target: &str, path: &str) -> Result<()> {
    let mut reads = Vec::new();
    children::reads(context, query, &mut reads)?;
    for name in reads.iter().filter_map(table_name) {
        let Some(view) = context.session.temp_view(&name) else {
            continue;
        };
        let shown = name.last().cloned().unwrap_or_default();
        let path = format!("{path} -> {shown}");
        if context.same_name(&shown, target) {
            let shown: Vec<String> = path.split(" -> ").map(quote).collect();
            return Err(Error::new(
                "RECURSIVE_VIEW",
                [
                    ("viewIdent", quote(target)),
                    ("newPath", shown.join(" -> ")),
                ],
            ));
        }
        if let Some(view) = view.view() {
            no_cycle(context, &view.query, target, &path)?;
        }
    }
    Ok(())
}

/// Puts rows as they are under a name of the session.
pub(super) fn keep(context: &Context, name: &str, planned: Planned) -> Result<()> {
    put(
        context,
        vec![name.to_owned()],
        TempView::new(planned),
        false,
        false,
    )
}

/// Puts a view under a name of the session. A DataFrame's view may have several parts, of which
/// Spark looks at the last.
fn put(
    context: &Context,
    name: Vec<String>,
    view: TempView,
    global: bool,
    replace: bool,
) -> Result<()> {
    let name = name.into_iter().next_back().unwrap_or_default();
    let parts = if global {
        vec!["global_temp".to_owned(), name]
    } else {
        vec![name]
    };
    if context.session.put_temp_view(&parts, view, replace) {
        return Ok(());
    }
    Err(Error::new(
        "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
        [("relationName", quote_parts(&parts))],
    ))
}
