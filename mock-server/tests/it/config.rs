//! The `Config` RPC, as recorded from Apache Spark 4.1.4.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use sparring_proto::connect::KeyValue;
use sparring_proto::connect::config_request::operation::OpType;
use sparring_proto::connect::config_request::{
    Get, GetAll, GetOption, GetWithDefault, IsModifiable, Set, Unset,
};

use crate::client::{Client, Server, error_info};

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
        &expect!["zz=- yy=d spark.sql.ansi.enabled=false []"],
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

fn recorded(name: &str) -> Value {
    let path = format!(
        "{}/../fixtures/protocol/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What Apache Spark 4.1.4 answered to good and bad values of changeable, static and unknown keys.
#[tokio::test]
async fn settings_are_taken_and_refused_as_spark_does() {
    let server = Server::with("flavor = 'oss'").await;
    let client = &mut server.client().await;
    let mut differences = Vec::new();
    for case in recorded("config_set").as_array().unwrap() {
        let Some(key) = case["key"].as_str() else {
            continue;
        };
        let silent = case["silent"].as_bool().unwrap();
        let answer = client
            .config(set(&[(key, case["value"].as_str())], silent))
            .await;
        let found = match answer {
            Ok(answer) => json!({ "warnings": answer.warnings }),
            Err(status) => {
                let info = error_info(&status);
                let parameters: Value = serde_json::from_str(&info["messageParameters"]).unwrap();
                let classes: Vec<String> = serde_json::from_str(&info["classes"]).unwrap();
                json!({
                    "class": info["errorClass"],
                    "java": classes[0].rsplit('.').next(),
                    "message": status.message(),
                    "parameters": parameters,
                    "sqlstate": info["sqlState"],
                })
            }
        };
        let expected = match &case["error"] {
            Value::Null => json!({ "warnings": case["warnings"] }),
            error => error.clone(),
        };
        if found != expected {
            differences.push(format!("{key}: {found}\ninstead of {expected}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Keys whose value is ours: places and sizes of this server, no traces of a JVM that is not there,
/// and plain digits where a client calls `int()`.
const OURS: [&str; 14] = [
    "spark.app.id",
    "spark.app.name",
    "spark.connect.execute.reattachable.enabled",
    "spark.connect.grpc.arrow.maxBatchSize",
    "spark.connect.grpc.binding.address",
    "spark.connect.grpc.binding.port",
    "spark.driver.memory",
    "spark.master",
    "spark.sql.artifact.isolation.enabled",
    "spark.sql.connect.serverStacktrace.enabled",
    "spark.sql.session.localRelationChunkSizeLimit",
    "spark.sql.session.localRelationSizeLimit",
    "spark.sql.session.timeZone",
    "spark.sql.warehouse.dir",
];

#[tokio::test]
async fn every_key_of_spark_has_its_default_and_may_be_set_as_there() {
    let server = Server::with("flavor = 'oss'").await;
    let client = &mut server.client().await;
    let mut differences = Vec::new();
    let recorded = recorded("config");
    let groups = ["all_keys", "client_keys"].map(|group| recorded[group].as_object().unwrap());
    for (key, expected) in groups.into_iter().flatten() {
        let asked = vec![key.clone()];
        let modifiable = IsModifiable {
            keys: asked.clone(),
        };
        let modifiable = client.config(OpType::IsModifiable(modifiable)).await;
        let option = client
            .config(OpType::GetOption(GetOption { keys: asked }))
            .await;
        let first = |answer: sparring_proto::connect::ConfigResponse| answer.pairs[0].value.clone();
        let modifiable = modifiable.map(first).unwrap() == Some("true".to_owned());
        let value = option.map(first).unwrap();
        if modifiable != expected["is_modifiable"].as_bool().unwrap() {
            differences.push(format!("{key} may be set: {modifiable}"));
        }
        if !OURS.contains(&key.as_str()) && value.as_deref() != expected["value"].as_str() {
            differences.push(format!("{key}: {value:?} instead of {}", expected["value"]));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
