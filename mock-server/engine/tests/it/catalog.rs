//! `spark.catalog` and seeds.

use std::collections::BTreeMap;

use sparring_engine::Flavor;
use sparring_proto::connect::catalog::CatType;
use sparring_proto::connect::{self as proto, relation::RelType};

use crate::client::Client;

async fn call(client: &Client, cat_type: CatType) -> Vec<String> {
    let relation = proto::Relation {
        common: None,
        rel_type: Some(RelType::Catalog(proto::Catalog {
            cat_type: Some(cat_type),
        })),
    };
    client.collect(relation).await.unwrap()
}

#[tokio::test]
async fn catalog_calls_answer_with_rows() {
    let client = Client::new(Flavor::Databricks).await;
    client
        .rows("CREATE TABLE t (a INT COMMENT 'c', b STRING) PARTITIONED BY (b)")
        .await;
    let exists = |name: &str| {
        CatType::TableExists(proto::TableExists {
            table_name: name.to_owned(),
            db_name: None,
        })
    };
    assert_eq!(call(&client, exists("main.default.t")).await, ["true"]);
    assert_eq!(call(&client, exists("nope.t")).await, ["false"]);
    let current = CatType::CurrentDatabase(proto::CurrentDatabase {});
    assert_eq!(call(&client, current).await, ["default"]);
    let list = CatType::ListTables(proto::ListTables::default());
    assert_eq!(
        call(&client, list).await,
        ["t|main|[default]|null|MANAGED|false"]
    );
    let columns = CatType::ListColumns(proto::ListColumns {
        table_name: "t".to_owned(),
        db_name: None,
    });
    assert_eq!(
        call(&client, columns).await,
        [
            "a|c|int|true|false|false|false",
            "b|null|string|true|true|false|false"
        ]
    );
}

#[tokio::test]
async fn seeds_make_what_they_name() {
    let client = Client::new(Flavor::Databricks).await;
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("people.csv");
    std::fs::write(&file, "id,name\n1,a\n2,b\n").unwrap();
    let options = BTreeMap::new();
    client
        .workspace
        .seed_table("raw.in.people", &file, &options)
        .await
        .unwrap();
    client
        .workspace
        .seed_volume("raw.in.files", outside.path())
        .unwrap();
    assert_eq!(
        client
            .rows("SELECT id + 1, name FROM raw.in.people ORDER BY id")
            .await,
        ["2|a", "3|b"]
    );
    client.workspace.seed_schema("raw.features").unwrap();
    client.workspace.seed_schema("raw.in").unwrap();
    assert_eq!(
        client.rows("SHOW SCHEMAS IN raw").await,
        ["features", "in", "information_schema"]
    );
    let rows = client
        .load(
            "csv",
            "/Volumes/raw/in/files/people.csv",
            &[("header", "true")],
        )
        .await
        .unwrap();
    assert_eq!(rows, ["1|a", "2|b"]);
}
