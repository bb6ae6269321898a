//! What kedro-datasets' ManagedTableDataset sends, word for word.

use sparring_engine::Flavor;
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::{self as proto, write_operation::SaveMode};

use crate::client::{Client, open, sql, to_table};

const TABLE: &str = "`main`.`default`.`companies`";

#[tokio::test]
async fn managed_tables_are_overwritten_appended_and_upserted() {
    let client = Client::new(Flavor::Databricks).await;
    let rows = "SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(id, name)";
    let save = |mode: SaveMode, query: &'static str| {
        client.write(query, move |node| {
            node.source = Some("delta".to_owned());
            node.mode = mode.into();
            if mode == SaveMode::Overwrite {
                node.options
                    .insert("overwriteSchema".to_owned(), "true".to_owned());
            }
            node.save_type = Some(to_table(TABLE));
        })
    };
    save(SaveMode::Overwrite, rows).await.unwrap();
    save(SaveMode::Append, "SELECT 3 AS id, 'c' AS name")
        .await
        .unwrap();
    let all = format!("SELECT * FROM {TABLE} ORDER BY id");
    assert_eq!(client.rows(&all).await, ["1|a", "2|b", "3|c"]);

    let view = proto::CreateDataFrameViewCommand {
        input: Some(sql("SELECT 2 AS id, 'B' AS name UNION ALL SELECT 4, 'd'")),
        name: "update".to_owned(),
        is_global: false,
        replace: true,
    };
    client
        .command(CommandType::CreateDataframeView(view))
        .await
        .unwrap();
    let merge = format!(
        "MERGE INTO {TABLE} base USING update ON base.id = update.id\n\
         WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    );
    assert_eq!(client.rows(&merge).await, ["2|1|0|1"]);
    assert_eq!(client.rows(&all).await, ["1|a", "2|B", "3|c", "4|d"]);

    client.rows("USE CATALOG `main`").await;
    let tables = client.rows("SHOW TABLES IN `default`").await;
    assert_eq!(tables, ["default|companies|false", "|update|true"]);

    let old = format!("SELECT * FROM {TABLE} VERSION AS OF 0 ORDER BY id");
    assert_eq!(client.rows(&old).await, ["1|a", "2|b"]);

    let constraints = "SELECT count(constraint_name) FROM system.information_schema.table_constraints \
        WHERE table_catalog = 'main' AND table_schema = 'default' AND table_name = 'companies' \
        AND constraint_name = 'companies_pk'";
    assert_eq!(client.rows(constraints).await, ["0"]);
    client
        .rows(&format!(
            "ALTER TABLE {TABLE} ALTER COLUMN `id` SET NOT NULL"
        ))
        .await;
    client
        .rows(&format!(
            "ALTER TABLE {TABLE} ADD CONSTRAINT companies_pk PRIMARY KEY (`id`)"
        ))
        .await;
    assert_eq!(client.rows(constraints).await, ["1"]);
    assert_eq!(
        client
            .fails(&format!("INSERT INTO {TABLE} VALUES (NULL, 'x')"))
            .await,
        "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
    );

    // Everything is still there for the next process.
    let Client {
        session,
        workspace,
        directory,
    } = client;
    drop((session, workspace));
    let workspace = open(directory.path(), Flavor::Databricks).await;
    let client = Client {
        session: workspace.session(),
        workspace,
        directory,
    };
    assert_eq!(client.rows(&all).await, ["1|a", "2|B", "3|c", "4|d"]);
    assert_eq!(client.rows(constraints).await, ["1"]);
}

#[tokio::test]
async fn variables_are_substituted_in_the_oss_flavor_only() {
    let client = Client::new(Flavor::Oss).await;
    client
        .rows("CREATE TABLE t USING delta AS SELECT 1 AS id")
        .await;
    client
        .session
        .conf()
        .set("fullTableAddress", "default.t")
        .unwrap();
    assert_eq!(
        client.rows("SELECT * FROM ${fullTableAddress}").await,
        ["1"]
    );
    let strict = Client::new(Flavor::Databricks).await;
    let refused = strict
        .session
        .conf()
        .set("fullTableAddress", "default.t")
        .unwrap_err();
    assert_eq!(refused.class(), Some("CONFIG_NOT_AVAILABLE"));
}
