//! Statements one after another, each with its answer or its error class.

use sparring_engine::Flavor;

use crate::client::Client;

/// `Ok` rows or the class of the failure.
type Expected = Result<&'static [&'static str], &'static str>;

async fn run(steps: &[(&str, Expected)]) {
    let client = Client::new(Flavor::Databricks).await;
    for (text, expected) in steps {
        match expected {
            Ok(rows) => assert_eq!(client.rows(text).await, *rows, "{text}"),
            Err(class) => assert_eq!(client.fails(text).await, *class, "{text}"),
        }
    }
}

#[tokio::test]
async fn names_are_strict() {
    run(&[
        ("SHOW CATALOGS", Ok(&["hive_metastore", "main", "system"])),
        ("SELECT * FROM nope", Err("TABLE_OR_VIEW_NOT_FOUND")),
        ("CREATE TABLE nope.t (a INT)", Err("SCHEMA_NOT_FOUND")),
        (
            "CREATE TABLE other.default.t (a INT)",
            Err("CATALOG_NOT_FOUND"),
        ),
        ("CREATE SCHEMA s COMMENT 'x'", Ok(&[])),
        ("CREATE SCHEMA s", Err("SCHEMA_ALREADY_EXISTS")),
        ("CREATE SCHEMA IF NOT EXISTS s", Ok(&[])),
        ("USE s", Ok(&[])),
        (
            "CREATE TABLE T (a INT, b STRING) PARTITIONED BY (b)",
            Ok(&[]),
        ),
        (
            "CREATE TABLE t (a INT)",
            Err("TABLE_OR_VIEW_ALREADY_EXISTS"),
        ),
        ("INSERT INTO t VALUES (1, 'x'), (2, NULL)", Ok(&[])),
        ("SELECT * FROM MAIN.S.t ORDER BY a", Ok(&["1|x", "2|null"])),
        (
            "INSERT INTO t VALUES (1)",
            Err("INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"),
        ),
        (
            "DESCRIBE t",
            Ok(&[
                "a|int|null",
                "b|string|null",
                "# Partition Information||",
                "# col_name|data_type|comment",
                "b|string|null",
            ]),
        ),
        ("DROP SCHEMA s", Err("SCHEMA_NOT_EMPTY")),
        ("DROP SCHEMA s CASCADE", Ok(&[])),
        ("SHOW TABLES IN s", Err("SCHEMA_NOT_FOUND")),
        ("CREATE CATALOG c", Ok(&[])),
        ("USE CATALOG c", Ok(&[])),
        ("CREATE VIEW v AS SELECT 1 AS a", Ok(&[])),
        ("SELECT * FROM c.default.v", Ok(&["1"])),
        ("DROP TABLE v", Err("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE")),
        ("DROP VIEW v", Ok(&[])),
        ("DROP VIEW v", Err("TABLE_OR_VIEW_NOT_FOUND")),
    ])
    .await;
}

#[tokio::test]
async fn rows_change() {
    run(&[
        ("CREATE TABLE t AS SELECT * FROM VALUES (1, 'a'), (2, 'b'), (3, 'c') AS v(id, name)", Ok(&[])),
        ("UPDATE t SET name = CASE WHEN id = 2 THEN 'b!' ELSE 'c!' END WHERE id > 1", Ok(&["2"])),
        ("DELETE FROM t WHERE id = 1", Ok(&["1"])),
        ("DELETE FROM t WHERE id = 7", Ok(&["0"])),
        ("SELECT * FROM t ORDER BY id", Ok(&["2|b!", "3|c!"])),
        ("MERGE INTO t USING (SELECT 2 AS id UNION ALL SELECT 2) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = 'x'", Err("DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE")),
        ("MERGE INTO t USING (SELECT 2 AS id UNION ALL SELECT 9) s ON t.id = s.id WHEN MATCHED AND t.name = 'b!' THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id) WHEN NOT MATCHED BY SOURCE THEN UPDATE SET name = 'gone'", Ok(&["3|1|1|1"])),
        ("SELECT * FROM t ORDER BY id", Ok(&["3|gone", "9|null"])),
        ("SELECT version, operation FROM (SELECT 1 AS version, 'x' AS operation)", Ok(&["1|x"])),
        ("INSERT OVERWRITE t SELECT 5, 'z'", Ok(&[])),
        ("SELECT * FROM t", Ok(&["5|z"])),
        ("SELECT count(*) FROM t VERSION AS OF 1", Ok(&["3"])),
        ("SELECT count(*) FROM t VERSION AS OF 99", Err("DELTA_VERSION_NOT_FOUND")),
        ("ALTER TABLE t ADD COLUMNS (extra DOUBLE)", Ok(&[])),
        ("SELECT * FROM t", Ok(&["5|z|null"])),
        ("CREATE OR REPLACE TABLE t AS SELECT 1 AS only", Ok(&[])),
        ("SELECT * FROM t", Ok(&["1"])),
        ("TRUNCATE TABLE t", Ok(&[])),
        ("SELECT * FROM t", Ok(&[])),
        ("SET spark.sql.ansi.enabled = true", Ok(&["spark.sql.ansi.enabled|true"])),
    ])
    .await;
}

#[tokio::test]
async fn a_delta_table_has_no_defaults_that_its_log_does_not_declare() {
    run(&[
        (
            "CREATE TABLE d (a INT, b INT DEFAULT 1)",
            Err("UNSUPPORTED_FEATURE.NOT_OFFERED"),
        ),
        ("SELECT * FROM d", Err("TABLE_OR_VIEW_NOT_FOUND")),
        ("CREATE TABLE d (a INT)", Ok(&[])),
        (
            "ALTER TABLE d ADD COLUMNS (b INT DEFAULT 1)",
            Err("UNSUPPORTED_FEATURE.NOT_OFFERED"),
        ),
        (
            "CREATE TABLE p (a INT, b INT DEFAULT 1) USING parquet",
            Ok(&[]),
        ),
        ("INSERT INTO p (a) VALUES (7)", Ok(&[])),
        ("SELECT * FROM p", Ok(&["7|1"])),
    ])
    .await;
}

#[tokio::test]
async fn partitions_written_at_the_same_time_are_all_known() {
    let client = Client::new(Flavor::Oss).await;
    let create = "CREATE TABLE t (a INT, k INT) USING parquet PARTITIONED BY (k)";
    client.rows(create).await;
    let inserts = (0..8).map(|k| {
        let text = format!("INSERT INTO t VALUES ({k}, {k}), ({k}, 100)");
        let client = &client;
        async move { client.rows(&text).await }
    });
    futures::future::join_all(inserts).await;
    let counted = client.rows("SELECT count(*), count(DISTINCT k) FROM t");
    assert_eq!(counted.await, ["16|9"]);
}
