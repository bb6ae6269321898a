//! What is measured: one small thing each, as a client does it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::writer::StreamWriter;
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::read::{DataSource, ReadType};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::write_operation::{SaveMode, SaveType};
use sparring_proto::connect::{
    CreateDataFrameViewCommand, LocalRelation, Range, Read, Sql, SqlCommand, WriteOperation,
};

use crate::Result;
use crate::client::{Client, relation};

pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// How many times fewer rounds than asked for it gets.
    pub(crate) weight: usize,
    kind: Kind,
}

enum Kind {
    Config,
    Schema,
    Range,
    Sql,
    View,
    Csv,
    Delta,
}

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "config get",
        weight: 1,
        kind: Kind::Config,
    },
    Operation {
        name: "schema of range(1)",
        weight: 1,
        kind: Kind::Schema,
    },
    Operation {
        name: "range(1)",
        weight: 1,
        kind: Kind::Range,
    },
    Operation {
        name: "sql(select 1), collect",
        weight: 1,
        kind: Kind::Sql,
    },
    Operation {
        name: "temp view, select from it",
        weight: 1,
        kind: Kind::View,
    },
    Operation {
        name: "1,000 rows of CSV, inferred",
        weight: 4,
        kind: Kind::Csv,
    },
    Operation {
        name: "small Delta table, write and read",
        weight: 8,
        kind: Kind::Delta,
    },
];

/// Where a server keeps the benchmark's files.
pub(crate) struct Paths {
    root: String,
    _own: Option<tempfile::TempDir>,
}

impl Paths {
    /// A folder; `local` when the server sees this machine's disk under the same names.
    pub(crate) fn new(local: bool) -> Result<Self> {
        if !local {
            let root = format!("/tmp/sparring-bench-{}", std::process::id());
            return Ok(Self { root, _own: None });
        }
        let own = tempfile::tempdir()?;
        let root: PathBuf = own.path().into();
        Ok(Self {
            root: root.display().to_string(),
            _own: Some(own),
        })
    }

    /// A folder below this one, which must outlive it.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self {
            root: self.path(name),
            _own: None,
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }
}

impl Operation {
    pub(crate) async fn run(&self, client: &mut Client, paths: &Paths, round: usize) -> Result<()> {
        match self.kind {
            Kind::Config => client.config("spark.sql.session.timeZone").await,
            Kind::Schema => client.schema(range(1)).await,
            Kind::Range => expect(client.rows(range(1)).await?, 1),
            Kind::Sql => {
                let made = sql(client, "select 1").await?;
                expect(client.rows(made).await?, 1)
            }
            Kind::View => {
                let view = CreateDataFrameViewCommand {
                    input: Some(relation(range(10))),
                    name: "bench".to_owned(),
                    is_global: false,
                    replace: true,
                };
                client
                    .command(CommandType::CreateDataframeView(view))
                    .await?;
                let made = sql(client, "select id from bench where id > 4").await?;
                expect(client.rows(made).await?, 5)
            }
            Kind::Csv => {
                let path = paths.path("csv");
                if round == 0 {
                    let rows = "select id, id / 7 as part, concat('name ', id) as name from range(0, 1000, 1, 1)";
                    save(client, rows, "csv", &path).await?;
                }
                expect(client.rows(read("csv", &path)).await?, 1000)
            }
            Kind::Delta => {
                let path = paths.path("delta");
                save(
                    client,
                    "select id, id * 2 as twice from range(0, 10, 1, 1)",
                    "delta",
                    &path,
                )
                .await?;
                expect(client.rows(read("delta", &path)).await?, 10)
            }
        }
    }
}

fn expect(found: i64, wanted: i64) -> Result<()> {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{found} rows came instead of {wanted}").into())
    }
}

fn range(end: i64) -> RelType {
    RelType::Range(Range {
        start: Some(0),
        end,
        step: 1,
        num_partitions: Some(1),
    })
}

/// `spark.sql(text)` as PySpark does it: a command, whose answer is the relation to be collected.
async fn sql(client: &mut Client, text: &str) -> Result<RelType> {
    let query = Sql {
        query: text.to_owned(),
        ..Sql::default()
    };
    let command = SqlCommand {
        input: Some(relation(RelType::Sql(query))),
        ..SqlCommand::default()
    };
    let answers = client.command(CommandType::SqlCommand(command)).await?;
    answers
        .into_iter()
        .find_map(|answer| match answer.response_type {
            Some(ResponseType::SqlCommandResult(result)) => result.relation?.rel_type,
            _ => None,
        })
        .ok_or_else(|| "no relation came back".into())
}

async fn save(client: &mut Client, query: &str, format: &str, path: &str) -> Result<()> {
    let query = Sql {
        query: query.to_owned(),
        ..Sql::default()
    };
    let write = WriteOperation {
        input: Some(relation(RelType::Sql(query))),
        source: Some(format.to_owned()),
        mode: SaveMode::Overwrite.into(),
        save_type: Some(SaveType::Path(path.to_owned())),
        ..WriteOperation::default()
    };
    client.command(CommandType::WriteOperation(write)).await?;
    Ok(())
}

fn read(format: &str, path: &str) -> RelType {
    let source = DataSource {
        format: Some(format.to_owned()),
        paths: vec![path.to_owned()],
        options: HashMap::from([("inferSchema".to_owned(), "true".to_owned())]),
        ..DataSource::default()
    };
    RelType::Read(Read {
        read_type: Some(ReadType::DataSource(source)),
        is_streaming: false,
    })
}

/// 120 MiB of local data in one message, just under what is allowed.
pub(crate) async fn upload(client: &mut Client) -> Result<()> {
    let numbers: Int64Array = (0..(120 << 20) / 8).collect();
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(numbers)])?;
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    writer.write(&batch)?;
    let data = writer.into_inner()?;
    drop(batch);
    let local = LocalRelation {
        data: Some(data.into()),
        schema: None,
    };
    let limit = sparring_proto::connect::Limit {
        input: Some(Box::new(relation(RelType::LocalRelation(local)))),
        limit: 1,
    };
    expect(client.rows(RelType::Limit(Box::new(limit))).await?, 1)
}
