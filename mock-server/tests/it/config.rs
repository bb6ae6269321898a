//! The `Config` RPC, as recorded from Apache Spark 4.1.4.

use expect_test::{Expect, expect};
use sparring_proto::connect::KeyValue;
use sparring_proto::connect::config_request::operation::OpType;
use sparring_proto::connect::config_request::{
    Get, GetAll, GetOption, GetWithDefault, IsModifiable, Set, Unset,
};

use crate::client::{Client, Server};

async fn check(client: &mut Client, op: OpType, expected: &Expect) {
    let answer = match client.config(op).await {
        Ok(response) => {
            let pairs: Vec<_> = response
                .pairs
                .iter()
                .map(|pair| format!("{}={}", pair.key, pair.value.as_deref().unwrap_or("-")))
                .collect();
            format!("{} {:?}", pairs.join(" "), response.warnings)
        }
        Err(status) => format!("{:?} {}", status.code(), status.message()),
    };
    expected.assert_eq(&answer);
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn set(pairs: &[(&str, Option<&str>)], silent: bool) -> OpType {
    let pairs = pairs
        .iter()
        .map(|(key, value)| KeyValue {
            key: (*key).to_owned(),
            value: value.map(str::to_owned),
        })
        .collect();
    OpType::Set(Set {
        pairs,
        silent: silent.then_some(true),
    })
}

#[tokio::test]
async fn every_operation_answers_as_spark_does() {
    let server = Server::with("flavor = 'oss'").await;
    let client = &mut server.client().await;
    let ansi = "spark.sql.ansi.enabled";
    check(
        client,
        set(&[("foo.bar", Some("1"))], false),
        &expect![[r#" []"#]],
    )
    .await;
    check(
        client,
        OpType::Get(Get {
            keys: keys(&[ansi, "foo.bar"]),
        }),
        &expect!["spark.sql.ansi.enabled=true foo.bar=1 []"],
    )
    .await;
    check(client, OpType::Get(Get { keys: keys(&[ansi, "zz"]) }), &expect![[r#"Internal [SQL_CONF_NOT_FOUND] The SQL config "zz" cannot be found. Please verify that the config exists. SQLSTATE: 42K0I"#]]).await;
    check(
        client,
        OpType::GetOption(GetOption {
            keys: keys(&["zz", ansi]),
        }),
        &expect!["zz=- spark.sql.ansi.enabled=true []"],
    )
    .await;
    let pairs = vec![
        KeyValue {
            key: "zz".into(),
            value: None,
        },
        KeyValue {
            key: "yy".into(),
            value: Some("d".into()),
        },
        KeyValue {
            key: ansi.into(),
            value: Some("false".into()),
        },
    ];
    check(
        client,
        OpType::GetWithDefault(GetWithDefault { pairs }),
        &expect!["zz=- yy=d spark.sql.ansi.enabled=true []"],
    )
    .await;
    // The prefix is cut off.
    check(
        client,
        OpType::GetAll(GetAll {
            prefix: Some("foo.".into()),
        }),
        &expect!["bar=1 []"],
    )
    .await;
    check(
        client,
        OpType::Unset(Unset {
            keys: keys(&["foo.bar", "zz"]),
        }),
        &expect![" []"],
    )
    .await;
    check(
        client,
        OpType::GetOption(GetOption {
            keys: keys(&["foo.bar"]),
        }),
        &expect!["foo.bar=- []"],
    )
    .await;
    check(
        client,
        OpType::IsModifiable(IsModifiable {
            keys: keys(&["zz", ansi, "spark.sql.warehouse.dir"]),
        }),
        &expect!["zz=false spark.sql.ansi.enabled=true spark.sql.warehouse.dir=false []"],
    )
    .await;
}

#[tokio::test]
async fn keys_that_cannot_be_set_are_errors_or_warnings() {
    let server = Server::start().await;
    let client = &mut server.client().await;
    let warehouse = [("spark.sql.warehouse.dir", Some("1"))];
    check(client, set(&warehouse, false), &expect![[r#"Internal [CANNOT_MODIFY_STATIC_CONFIG] Cannot modify the value of the static Spark config: "spark.sql.warehouse.dir". SQLSTATE: 46110"#]]).await;
    check(client, set(&warehouse, true), &expect![[r#" ["Failed to set spark.sql.warehouse.dir to Some(1) due to [CANNOT_MODIFY_STATIC_CONFIG] Cannot modify the value of the static Spark config: \"spark.sql.warehouse.dir\". SQLSTATE: 46110"]"#]]).await;
    check(client, set(&[("spark.executor.memory", Some("1g"))], false), &expect![[r#"
        Internal [CANNOT_MODIFY_CONFIG] Cannot modify the value of the Spark config: "spark.executor.memory".
        See also 'https://spark.apache.org/docs/latest/sql-migration-guide.html#ddl-statements'. SQLSTATE: 46110"#]]).await;
    check(
        client,
        set(&[("a", None)], false),
        &expect!["Internal requirement failed: value cannot be null for key: a"],
    )
    .await;
    check(client, set(&[("a", None)], true), &expect![[r#" ["Failed to set a to None due to requirement failed: value cannot be null for key: a"]"#]]).await;
    check(client, OpType::Unset(Unset { keys: keys(&["spark.sql.warehouse.dir"]) }), &expect![[r#"Internal [CANNOT_MODIFY_STATIC_CONFIG] Cannot modify the value of the static Spark config: "spark.sql.warehouse.dir". SQLSTATE: 46110"#]]).await;
    // Databricks refuses what is not on its list.
    check(client, set(&[("foo.bar", Some("1"))], false), &expect!["Internal [CONFIG_NOT_AVAILABLE] Configuration foo.bar is not available. SQLSTATE: 42K0I"]).await;
}

#[tokio::test]
async fn an_unset_operation_is_refused() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let request = sparring_proto::connect::ConfigRequest {
        session_id: client.session_id.clone(),
        ..Default::default()
    };
    let status = client.rpc.config(request).await.unwrap_err();
    assert_eq!(status.message(), " not supported.");
}

/// Any of these missing makes `createDataFrame` fail in some client with `int(None)`.
#[tokio::test]
async fn everything_that_clients_read_has_a_plain_value() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for key in [
        "spark.sql.session.localRelationCacheThreshold",
        "spark.sql.session.localRelationChunkSizeRows",
        "spark.sql.session.localRelationChunkSizeBytes",
        "spark.sql.session.localRelationBatchOfChunksSizeBytes",
        "spark.sql.session.localRelationSizeLimit",
        "spark.connect.session.planCompression.threshold",
    ] {
        let value = client.get_config(key).await.unwrap().unwrap();
        assert!(value.parse::<i64>().is_ok(), "{key} = {value}");
    }
    for key in [
        "spark.sql.timestampType",
        "spark.sql.session.timeZone",
        "spark.sql.execution.pandas.convertToArrowArraySafely",
        "spark.sql.execution.pandas.inferPandasDictAsMap",
        "spark.sql.pyspark.inferNestedDictAsStruct.enabled",
        "spark.sql.pyspark.legacy.inferArrayTypeFromFirstElement.enabled",
        "spark.sql.pyspark.legacy.inferMapTypeFromFirstPair.enabled",
        "spark.sql.connect.serverStacktrace.enabled",
        "spark.sql.execution.pythonUDF.arrow.enabled",
        "spark.connect.session.planCompression.defaultAlgorithm",
    ] {
        assert!(client.get_config(key).await.unwrap().is_some(), "{key}");
    }
}
