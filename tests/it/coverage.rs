//! The coverage page, `docs/coverage.md`: what of Spark's surface this server offers, told by the
//! server itself. Function rows are asked for their names; every kind of relation, expression,
//! command, catalog operation and analyze request in the protocol is sent empty, and counts as
//! refused when the engine refuses it by name; statements are judged by the replay.
//!
//! Nothing here is a list of its own: names come from the protocol's text, from the SQL crate's
//! text and from what the real client's functions send (`fixtures/surface`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sparring_engine::{Error, Flavor, Options, Session, Workspace};
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{self as proto, Plan, Relation};

const PROTOCOL: [(&str, &str, &str); 5] = [
    ("Relations", "relations.proto", "rel_type"),
    ("Expressions", "expressions.proto", "expr_type"),
    ("Commands", "commands.proto", "command_type"),
    ("Catalog operations", "catalog.proto", "cat_type"),
    ("Analyze requests", "base.proto", "analyze"),
];
const NOT_OFFERED: &str = "UNSUPPORTED_FEATURE.NOT_OFFERED";
const LIMIT: Duration = Duration::from_secs(20);

/// How the replay found the cases of one kind of statement.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Judged {
    /// Cases that got an answer, right or not.
    pub(crate) answered: usize,
    /// Cases that were refused by name.
    pub(crate) refused: usize,
}

/// The kind of a statement: the name of its variant in the SQL crate.
pub(crate) fn statement_kind(text: &str) -> Option<String> {
    let statement = sparring_sql::parse_statement(text).ok()?;
    let shown = format!("{statement:?}");
    let end = shown
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(shown.len());
    Some(shown[..end].to_owned())
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("a file of the repository")
}

/// The fields of a oneof in the protocol's text: names and numbers.
fn fields(file: &str, oneof: &str) -> Vec<(String, u32)> {
    let text = read(&format!("proto/spark/connect/{file}"));
    let (_, body) = text
        .split_once(&format!("oneof {oneof} {{"))
        .expect("the oneof stands in the file");
    let (body, _) = body.split_once('}').expect("the oneof ends");
    body.lines()
        .map(|line| line.split("//").next().unwrap_or_default().trim())
        .filter_map(|line| {
            let (left, number) = line.strip_suffix(';')?.split_once('=')?;
            let name = left.split_whitespace().last()?.to_owned();
            Some((name, number.trim().parse().ok()?))
        })
        .collect()
}

/// A message in which only one field is set, to an empty message.
fn empty_field<M: prost::Message + Default>(number: u32) -> Option<M> {
    let mut bytes = Vec::new();
    prost::encoding::encode_key(
        number,
        prost::encoding::WireType::LengthDelimited,
        &mut bytes,
    );
    bytes.push(0);
    M::decode(bytes.as_slice()).ok()
}

fn root_plan(relation: Relation) -> Plan {
    Plan {
        op_type: Some(OpType::Root(relation)),
    }
}

fn relation_of(rel_type: RelType) -> Relation {
    Relation {
        rel_type: Some(rel_type),
        ..Relation::default()
    }
}

/// The plan that asks for one kind; none for analyze requests, which are no plans.
fn question(kind: &str, number: u32) -> Option<Plan> {
    Some(match kind {
        "Relations" => root_plan(empty_field::<Relation>(number)?),
        "Expressions" => {
            let range = relation_of(RelType::Range(proto::Range {
                end: 1,
                step: 1,
                ..proto::Range::default()
            }));
            root_plan(relation_of(RelType::Project(Box::new(proto::Project {
                input: Some(Box::new(range)),
                expressions: vec![empty_field::<proto::Expression>(number)?],
            }))))
        }
        "Commands" => Plan {
            op_type: Some(OpType::Command(empty_field::<proto::Command>(number)?)),
        },
        "Catalog operations" => root_plan(relation_of(RelType::Catalog(empty_field::<
            proto::Catalog,
        >(number)?))),
        _ => return None,
    })
}

async fn answer(session: Arc<Session>, kind: String, number: u32) -> Result<(), Error> {
    if let Some(plan) = question(&kind, number) {
        return session.execute(&Arc::new(plan)).await.map(|_| ());
    }
    let request: Option<proto::AnalyzePlanRequest> = empty_field(number);
    match request.and_then(|request| request.analyze) {
        Some(analyze) => session.analyze(analyze).await.map(|_| ()),
        None => Ok(()),
    }
}

/// Whether the engine offers what was asked: any answer but a refusal by name.
async fn offers(workspace: &Arc<Workspace>, kind: &str, number: u32) -> bool {
    let task = tokio::spawn(answer(workspace.session(), kind.to_owned(), number));
    let found = tokio::time::timeout(LIMIT, task).await;
    let found = found.expect("an answer in time").expect("no panic");
    !found.is_err_and(|error| error.class() == Some(NOT_OFFERED))
}

fn status(offered: bool) -> &'static str {
    if offered { "supported" } else { "refused" }
}

/// The page, with the replay's findings about statements.
pub(crate) fn page(statements: &BTreeMap<String, Judged>) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_stack_size(16 << 20)
        .enable_all()
        .build()
        .expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let workspace = runtime
        .block_on(Workspace::open(Options {
            data_dir: directory.path().to_path_buf(),
            flavor: Flavor::Oss,
            memory_limit_bytes: 1 << 30,
            parallel_bytes: crate::place::RARELY_PARALLEL,
            user: "dev@example.com".to_owned(),
            python: None,
        }))
        .expect("a workspace");
    let mut offered: BTreeMap<(String, String), bool> = BTreeMap::new();
    let mut counts = Vec::new();
    let mut sections = String::new();
    for (title, file, oneof) in PROTOCOL {
        let mut rows = Vec::new();
        for (name, number) in fields(file, oneof) {
            let found = runtime.block_on(offers(&workspace, title, number));
            offered.insert((oneof.to_owned(), name.clone()), found);
            rows.push((name, status(found)));
        }
        counts.push((title, count(&rows)));
        sections.push_str(&section(title, &rows));
    }
    let rows = statement_rows(statements);
    counts.push(("SQL statements", count(&rows)));
    sections.push_str(&section("SQL statements", &rows));
    let mut names = functions(&offered);
    counts.insert(0, ("Names of `pyspark.sql.functions`", count(&names)));
    names.sort();
    let own = sql_functions(&names);
    counts.insert(1, ("Other functions of SQL", count(&own)));
    let mut out = String::from(
        "# Coverage\n\nWritten by `cargo test -p sparring-tests --test it semantics` with `UPDATE=1` (`tests/it/coverage.rs`): the server's own answer, kind by kind.\n\n| | supported | refused by name | of |\n|---|---:|---:|---:|\n",
    );
    for (title, (yes, no)) in &counts {
        out.push_str(&format!("| {title} | {yes} | {no} | {} |\n", yes + no));
    }
    out.push_str(&section("Names of `pyspark.sql.functions`", &names));
    out.push_str(&section("Other functions of SQL", &own));
    out.push_str(&sections);
    runtime.shutdown_timeout(Duration::from_secs(5));
    out
}

type Row = (String, &'static str);

fn count(rows: &[Row]) -> (usize, usize) {
    let yes = rows
        .iter()
        .filter(|(_, status)| *status != "refused" && *status != "planned");
    let yes = yes.count();
    (yes, rows.len() - yes)
}

fn section(title: &str, rows: &[Row]) -> String {
    let mut out = format!("\n## {title}\n\n| name | |\n|---|---|\n");
    for (name, status) in rows {
        out.push_str(&format!("| `{}` | {status} |\n", name.replace('|', "\\|")));
    }
    out
}

/// The names of PySpark by what they send.
fn functions(offered: &BTreeMap<(String, String), bool>) -> Vec<Row> {
    let rows: BTreeMap<&str, bool> = sparring_engine::offered_functions().into_iter().collect();
    let kind = |oneof: &str, name: &str| offered.get(&(oneof.to_owned(), name.to_owned())).copied();
    read("fixtures/surface/pyspark-functions.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split(' ');
            let (name, what, sent) = (words.next(), words.next(), words.next());
            let sent = sent.unwrap_or_default();
            let found = match what {
                Some("function") => rows.get(sent).copied(),
                Some("expression") => kind("expr_type", sent),
                Some("relation") => kind("rel_type", sent),
                // A class of the client's own.
                _ => Some(true),
            };
            let status = match (found, what) {
                (Some(true), _) => "supported",
                (_, Some("function")) => "planned",
                _ => "refused",
            };
            (name.unwrap_or_default().to_owned(), status)
        })
        .collect()
}

/// What SQL has beside those names.
fn sql_functions(names: &[Row]) -> Vec<Row> {
    let mut own: Vec<Row> = sparring_engine::offered_functions()
        .into_iter()
        .filter(|(name, _)| !names.iter().any(|(known, _)| known == name))
        .map(|(name, offered)| {
            (
                name.to_owned(),
                if offered { "supported" } else { "planned" },
            )
        })
        .collect();
    own.sort();
    own
}

/// The variants of the SQL crate's statements, judged by the replay.
fn statement_rows(judged: &BTreeMap<String, Judged>) -> Vec<Row> {
    let text = read("mock-server/sql/src/statement.rs");
    let (_, body) = text
        .split_once("pub enum Statement {")
        .expect("the statements stand in their file");
    let (body, _) = body.split_once("\n}").expect("the statements end");
    body.lines()
        .map(str::trim)
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| {
            let end = line
                .find(|c: char| !c.is_alphanumeric())
                .unwrap_or(line.len());
            let name = line[..end].to_owned();
            let status = match judged.get(&name) {
                None => "planned",
                Some(Judged { answered: 0, .. }) => "refused",
                Some(Judged { refused: 0, .. }) => "supported",
                Some(_) => "supported in part",
            };
            (name, status)
        })
        .collect()
}

/// Compares the page with the committed one; `UPDATE=1` rewrites it.
pub(crate) fn check(statements: &BTreeMap<String, Judged>) {
    let page = page(statements);
    let path = root().join("docs/coverage.md");
    if std::env::var("UPDATE").is_ok_and(|value| !value.is_empty()) {
        std::fs::write(&path, page).expect("the coverage page can be written");
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/coverage.md is not what the server says: `UPDATE=1` rewrites it"
    );
}
