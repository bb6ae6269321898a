//! A small client: plans in, rows as lines of text out.

use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use futures::TryStreamExt;
use sparring_engine::{Error, Flavor, Options, Session, Workspace};
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::{self as proto, plan::OpType, relation::RelType};

/// A workspace in a directory that goes with it.
pub(crate) struct Client {
    pub(crate) session: Arc<Session>,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) directory: tempfile::TempDir,
}

impl Client {
    pub(crate) async fn new(flavor: Flavor) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let workspace = open(directory.path(), flavor).await;
        Self {
            session: workspace.session(),
            workspace,
            directory,
        }
    }

    /// Runs a SQL text to the end of its rows.
    pub(crate) async fn sql(&self, text: &str) -> Result<Vec<String>, Error> {
        let relation = self.relation(text).await?;
        self.collect(relation).await
    }

    /// The rows of a text that must succeed.
    pub(crate) async fn rows(&self, text: &str) -> Vec<String> {
        match self.sql(text).await {
            Ok(rows) => rows,
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// The error class of a text that must fail.
    pub(crate) async fn fails(&self, text: &str) -> String {
        match self.sql(text).await {
            Ok(rows) => panic!("{text}: {rows:?}"),
            Err(error) => error.class().unwrap_or_default().to_owned(),
        }
    }

    /// What `spark.sql` gives back.
    pub(crate) async fn relation(&self, text: &str) -> Result<proto::Relation, Error> {
        let command = proto::SqlCommand {
            input: Some(sql(text)),
            ..Default::default()
        };
        let mut responses = self.command(CommandType::SqlCommand(command)).await?;
        match responses.pop() {
            Some(ResponseType::SqlCommandResult(result)) => Ok(result.relation.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// Runs a command.
    pub(crate) async fn command(&self, command: CommandType) -> Result<Vec<ResponseType>, Error> {
        let plan = proto::Plan {
            op_type: Some(OpType::Command(proto::Command {
                command_type: Some(command),
            })),
        };
        Ok(self.session.execute(&Arc::new(plan)).await?.responses)
    }

    /// The rows of a relation: values with a bar between.
    pub(crate) async fn collect(&self, relation: proto::Relation) -> Result<Vec<String>, Error> {
        let plan = proto::Plan {
            op_type: Some(OpType::Root(relation)),
        };
        let rows = self.session.execute(&Arc::new(plan)).await?.rows.unwrap();
        let batches: Vec<_> = rows.batches.try_collect().await?;
        let options = FormatOptions::default().with_null("null");
        let mut lines = Vec::new();
        for batch in batches {
            let columns: Vec<_> = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
                .collect();
            for row in 0..batch.num_rows() {
                let values: Vec<String> =
                    columns.iter().map(|c| c.value(row).to_string()).collect();
                lines.push(values.join("|"));
            }
        }
        Ok(lines)
    }

    /// `DataFrame.write` of a query.
    pub(crate) async fn write(
        &self,
        query: &str,
        configure: impl FnOnce(&mut proto::WriteOperation),
    ) -> Result<(), Error> {
        let mut node = proto::WriteOperation {
            input: Some(sql(query)),
            ..Default::default()
        };
        configure(&mut node);
        self.command(CommandType::WriteOperation(node))
            .await
            .map(|_| ())
    }

    /// `spark.read.format(…).options(…).load(path)`.
    pub(crate) async fn load(
        &self,
        format: &str,
        path: &str,
        options: &[(&str, &str)],
    ) -> Result<Vec<String>, Error> {
        self.collect(read(format, path, options)).await
    }
}

/// Opens a workspace in a directory.
pub(crate) async fn open(directory: &std::path::Path, flavor: Flavor) -> Arc<Workspace> {
    let options = Options {
        data_dir: directory.to_owned(),
        flavor,
        memory_limit_bytes: 256 * 1024 * 1024,
        parallel_bytes: 8 << 20,
        user: "dev@example.com".to_owned(),
        python: None,
    };
    Workspace::open(options).await.unwrap()
}

/// A text as a relation.
pub(crate) fn sql(text: &str) -> proto::Relation {
    proto::Relation {
        common: None,
        rel_type: Some(RelType::Sql(proto::Sql {
            query: text.to_owned(),
            ..Default::default()
        })),
    }
}

/// A read of files.
pub(crate) fn read(format: &str, path: &str, options: &[(&str, &str)]) -> proto::Relation {
    let source = proto::read::DataSource {
        format: Some(format.to_owned()),
        paths: vec![path.to_owned()],
        options: options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        ..Default::default()
    };
    proto::Relation {
        common: None,
        rel_type: Some(RelType::Read(proto::Read {
            read_type: Some(proto::read::ReadType::DataSource(source)),
            is_streaming: false,
        })),
    }
}

/// `saveAsTable`.
pub(crate) fn to_table(name: &str) -> proto::write_operation::SaveType {
    use proto::write_operation::{SaveTable, SaveType, save_table::TableSaveMethod};
    SaveType::Table(SaveTable {
        table_name: name.to_owned(),
        save_method: TableSaveMethod::SaveAsTable.into(),
    })
}

/// `save`.
pub(crate) fn to_path(path: &str) -> proto::write_operation::SaveType {
    proto::write_operation::SaveType::Path(path.to_owned())
}
