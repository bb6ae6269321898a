//! What a plan reads: found in the proto tree and opened before translation, so that translation
//! itself waits for nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use parking_lot::Mutex;
use sparring_proto::connect as proto;

use super::Planned;
use super::context::Context;
use super::scope::Column;
use crate::error::{Error, Result};
use crate::session::TempView;

/// One opened source.
#[derive(Clone)]
pub(crate) struct Source {
    /// The rows; columns have the names and types that Spark would give them.
    pub(crate) provider: Arc<dyn TableProvider>,
    /// The qualifier of its columns: `catalog.schema.table` for tables, nothing for files.
    pub(crate) qualifier: Vec<String>,
    /// Files it reads, for `inputFiles` and lineage.
    pub(crate) files: Vec<String>,
    /// How many bytes they have together.
    pub(crate) n_bytes: u64,
    /// Columns that come from the names of directories.
    pub(crate) partition: Vec<String>,
}

/// The opened sources of one plan.
#[derive(Default, Clone)]
pub(crate) struct Sources {
    by_read: HashMap<Key, Source>,
    /// Views that are SQL text in the catalog, parsed: by the same key as tables.
    views: HashMap<Key, Opened>,
    /// Names that are nothing that can be opened.
    nothing: HashSet<Key>,
    /// Rows that translation asked for, by the node that needs them.
    ready: HashMap<Vec<u8>, Arc<Ready>>,
    /// What translation asked for and did not get.
    wanted: Arc<Mutex<Option<Wanted>>>,
}

/// A read, with the catalog and schema that its names are in and whether they see the session.
type Key = (Option<(String, String)>, bool, Vec<u8>);

/// A view, and how its query is read: under the settings and in the namespace that it was made in.
pub(crate) type Opened = (Arc<View>, Arc<Context>);

/// Rows of a relation that had to run before the plan above it could be made.
pub(crate) struct Ready {
    /// Their schema, with users' names.
    pub(crate) schema: SchemaRef,
    /// The rows.
    pub(crate) batches: Vec<RecordBatch>,
}

/// A relation whose rows are needed to go on with translation.
pub(crate) enum Wanted {
    /// Rows for the node of a key.
    Rows(Vec<u8>, TempView),
    /// What a query reads that only translation has found: a SQL function's.
    Reads(proto::Relation),
}

/// A view: its query, resolved where it is used.
pub(crate) struct View {
    /// The SQL text, which origins point into; a DataFrame's view has none.
    pub(crate) text: Option<Arc<str>>,
    /// The query.
    pub(crate) query: proto::Relation,
    /// Whether it is the session's and not the catalog's.
    pub(crate) is_temporary: bool,
    /// The settings that were made when the view was.
    pub(crate) conf: BTreeMap<String, String>,
    /// The catalog and schema that were current then.
    pub(crate) namespace: Option<(String, String)>,
    /// `catalog.schema.view`, or the name of a temporary view.
    pub(crate) qualifier: Vec<String>,
    /// What the view showed when it was made: the query's names, and the columns made of them.
    /// `None` shows whatever the query has.
    pub(crate) columns: Option<Vec<(String, Column)>>,
}

impl View {
    /// How the view's query is read where the view is.
    fn context(&self, around: &Context) -> Context {
        Context {
            namespace: self.namespace.clone().or_else(|| around.namespace.clone()),
            catalog_only: !self.is_temporary,
            ..around.under(&self.conf)
        }
    }
}

impl Sources {
    /// The key of a read: where its names are looked up, and its message.
    fn key(context: &Context, read: &proto::Read) -> Key {
        let read = prost::Message::encode_to_vec(read);
        (context.namespace.clone(), context.catalog_only, read)
    }

    /// The source of a read that was opened before.
    pub(crate) fn source(&self, context: &Context, read: &proto::Read) -> Option<&Source> {
        self.by_read.get(&Self::key(context, read))
    }

    /// What a read opened to, as a text that changes when its rows may have changed.
    pub(crate) fn identity(&self, context: &Context, read: &proto::Read) -> String {
        let key = Self::key(context, read);
        let files = self.by_read.get(&key).map(|source| &source.files);
        let mut hasher = twox_hash::XxHash64::with_seed(0);
        (&key, files).hash(&mut hasher);
        format!("read {:016x}", hasher.finish())
    }

    /// Every read that was opened, with its source.
    pub(crate) fn opened(&self) -> impl Iterator<Item = (proto::Read, &Source)> {
        self.by_read.iter().filter_map(|(key, source)| {
            let read = <proto::Read as prost::Message>::decode(key.2.as_slice()).ok()?;
            Some((read, source))
        })
    }

    /// The view that a read means.
    pub(crate) fn view(&self, context: &Context, read: &proto::Read) -> Option<&Opened> {
        self.views.get(&Self::key(context, read))
    }

    /// The rows of `relation`, which the node `key` needs to be planned at all (`tail`, a pivot
    /// without values). Translation waits for nothing, so the first attempt fails, the rows are
    /// fetched, and translation starts again.
    pub(crate) fn rows(&self, key: Vec<u8>, relation: Planned) -> Result<Arc<Ready>> {
        if let Some(rows) = self.ready.get(&key) {
            return Ok(Arc::clone(rows));
        }
        *self.wanted.lock() = Some(Wanted::Rows(key, TempView::new(relation)));
        Err(Error::internal("rows that planning needs were not fetched"))
    }

    /// What the last translation lacked.
    pub(crate) fn take_wanted(&self) -> Option<Wanted> {
        self.wanted.lock().take()
    }

    /// Asks for what a query reads, unless all of it is open.
    pub(crate) fn require(&self, context: &Context, query: &proto::Relation) -> Result<()> {
        let mut reads = Vec::new();
        super::relation::children::reads(context, query, &mut reads)?;
        let is_known = |key: &Key| {
            self.by_read.contains_key(key)
                || self.views.contains_key(key)
                || self.nothing.contains(key)
        };
        if reads.iter().all(|read| is_known(&Self::key(context, read))) {
            return Ok(());
        }
        *self.wanted.lock() = Some(Wanted::Reads(query.clone()));
        Err(Error::internal("what a function reads was not opened"))
    }

    /// Gets what was wanted.
    pub(crate) async fn supply(&mut self, context: &Context, wanted: Wanted) -> Result<()> {
        match wanted {
            Wanted::Rows(key, relation) => {
                let rows = crate::execution::collect(context, relation.planned()).await?;
                self.ready.insert(key, Arc::new(rows));
                Ok(())
            }
            Wanted::Reads(query) => self.open_more(context, &query).await,
        }
    }

    /// The files that the opened sources read.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files: Vec<String> = self
            .by_read
            .values()
            .flat_map(|source| source.files.iter().cloned())
            .collect();
        files.sort();
        files.dedup();
        files
    }

    /// Opens everything that a relation reads.
    pub(crate) async fn open(context: &Context, relation: &proto::Relation) -> Result<Self> {
        let mut sources = Self::default();
        sources.open_more(context, relation).await?;
        Ok(sources)
    }

    /// Opens what a relation reads and is not open yet; views are followed.
    pub(crate) async fn open_more(
        &mut self,
        context: &Context,
        relation: &proto::Relation,
    ) -> Result<()> {
        let mut found: Vec<proto::Read> = Vec::new();
        super::relation::children::reads(context, relation, &mut found)?;
        let outermost = Arc::new(context.clone());
        let mut pending: Vec<(Arc<Context>, proto::Read)> = Vec::new();
        pending.extend(found.into_iter().map(|read| (Arc::clone(&outermost), read)));
        while let Some((context, read)) = pending.pop() {
            let key = Self::key(&context, &read);
            if self.by_read.contains_key(&key) || self.views.contains_key(&key) {
                continue;
            }
            match crate::io::open(&context, &read).await? {
                crate::io::Opened::Source(source) => {
                    self.by_read.insert(key, source);
                }
                crate::io::Opened::View(view) => {
                    let inside = Arc::new(view.context(&context));
                    let mut found = Vec::new();
                    super::relation::children::reads(&inside, &view.query, &mut found)?;
                    pending.extend(found.into_iter().map(|read| (Arc::clone(&inside), read)));
                    self.views.insert(key, (view, inside));
                }
                // A name that is a temporary view or a common table expression, or is unknown:
                // translation finds out with the names at hand.
                crate::io::Opened::Nothing => {
                    self.nothing.insert(key);
                }
            }
        }
        Ok(())
    }
}
