//! Files in every format, written and read again.

use sparring_engine::Flavor;
use sparring_proto::connect::write_operation::SaveMode;

use crate::client::{Client, to_path};

#[tokio::test]
async fn files_come_back() {
    let client = Client::new(Flavor::Databricks).await;
    for (format, options) in [
        ("parquet", &[][..]),
        ("csv", &[("header", "true"), ("inferSchema", "true")][..]),
        ("json", &[][..]),
        ("delta", &[][..]),
    ] {
        let path = format!("/out/{format}");
        let save = |mode: SaveMode| {
            let path = path.clone();
            client.write(
                "SELECT * FROM VALUES (1, 'x'), (2, 'y') AS t(a, b)",
                move |node| {
                    node.source = Some(format.to_owned());
                    node.mode = mode.into();
                    node.options = options
                        .iter()
                        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                        .collect();
                    node.save_type = Some(to_path(&path));
                },
            )
        };
        save(SaveMode::ErrorIfExists).await.unwrap();
        let again = save(SaveMode::ErrorIfExists).await.unwrap_err();
        assert_eq!(again.class(), Some("PATH_ALREADY_EXISTS"), "{format}");
        save(SaveMode::Overwrite).await.unwrap();
        let mut rows = client.load(format, &path, options).await.unwrap();
        rows.sort();
        assert_eq!(rows, ["1|x", "2|y"], "{format}");
    }
}

#[tokio::test]
async fn partitions_are_directories() {
    let client = Client::new(Flavor::Databricks).await;
    client
        .write(
            "SELECT * FROM VALUES (1, 'x', 7), (2, 'y', 8) AS t(a, b, p)",
            |node| {
                node.source = Some("parquet".to_owned());
                node.partitioning_columns = vec!["p".to_owned()];
                node.save_type = Some(to_path("dbfs:/parts"));
            },
        )
        .await
        .unwrap();
    assert!(client.directory.path().join("dbfs/parts/p=7").is_dir());
    let mut rows = client.load("parquet", "/parts", &[]).await.unwrap();
    rows.sort();
    assert_eq!(rows, ["1|x|7", "2|y|8"]);
    assert_eq!(
        client.load("parquet", "/parts/p=8", &[]).await.unwrap(),
        ["2|y"]
    );
}

#[tokio::test]
async fn missing_and_foreign_places_are_named() {
    let client = Client::new(Flavor::Databricks).await;
    for (format, path, class) in [
        ("csv", "/nope", "PATH_NOT_FOUND"),
        ("delta", "/nope", "PATH_NOT_FOUND"),
        ("foo", "/nope", "DATA_SOURCE_NOT_FOUND"),
        ("csv", "/Volumes/main/default/v/x", "UC_VOLUME_NOT_FOUND"),
    ] {
        let error = client.load(format, path, &[]).await.unwrap_err();
        assert_eq!(error.class(), Some(class), "{format} {path}");
    }
    client.rows("CREATE VOLUME v").await;
    let error = client
        .load("csv", "/Volumes/main/default/v/x", &[])
        .await
        .unwrap_err();
    assert_eq!(error.class(), Some("PATH_NOT_FOUND"));
}

#[tokio::test]
async fn csv_types_climb_sparks_ladder() {
    let client = Client::new(Flavor::Databricks).await;
    let directory = client.directory.path().join("dbfs/in");
    std::fs::create_dir_all(&directory).unwrap();
    for (values, data_type) in [
        (&["1", "2"][..], "int"),
        (&["1", "3000000000"][..], "bigint"),
        (&["1", "2.5"][..], "double"),
        (&["12345678901234567890"][..], "decimal(20,0)"),
        (&["2020-01-01"][..], "date"),
        (&["2020-01-01", "2020-01-01 10:00:00"][..], "timestamp"),
        (&["true", "FALSE"][..], "boolean"),
        (&["1", "true"][..], "string"),
        (&["2020-1-1"][..], "timestamp"),
        (&["t"][..], "string"),
    ] {
        let lines: String = values.iter().map(|value| format!("{value},z\n")).collect();
        std::fs::write(directory.join("x.csv"), format!("a,b\n{lines}")).unwrap();
        let view = sparring_proto::connect::CreateDataFrameViewCommand {
            input: Some(crate::client::read(
                "csv",
                "/in/x.csv",
                &[("header", "true"), ("inferSchema", "true")],
            )),
            name: "v".to_owned(),
            is_global: false,
            replace: true,
        };
        client
            .command(sparring_proto::connect::command::CommandType::CreateDataframeView(view))
            .await
            .unwrap();
        let described = client.rows("DESCRIBE v").await;
        assert_eq!(described[0], format!("a|{data_type}|null"), "{values:?}");
    }
}
