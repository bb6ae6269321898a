//! Errors: what the status holds, and what `FetchErrorDetails` adds to it.

use std::io::Read;

use expect_test::expect;
use prost::Message;
use sparring_proto::connect::plan::{CompressedOperation, OpType, compressed_operation};
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{
    AnalyzePlanRequest, CompressionCodec, FetchErrorDetailsRequest, FetchErrorDetailsResponse,
    Filter, Plan, Range, Relation,
};

use crate::client::{Client, Server, class, error_info, kinds, operation_id, range, user};

async fn fetch(client: &mut Client, error_id: &str) -> FetchErrorDetailsResponse {
    let request = FetchErrorDetailsRequest {
        session_id: client.session_id.clone(),
        user_context: user(),
        error_id: error_id.to_owned(),
        ..Default::default()
    };
    client
        .rpc
        .fetch_error_details(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn details_of_a_failure_can_be_fetched() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let status = client.get_config("zz").await.unwrap_err();
    let info = error_info(&status);
    expect![[r#"["org.apache.spark.SparkNoSuchElementException","java.util.NoSuchElementException","java.lang.RuntimeException","java.lang.Exception","java.lang.Throwable","java.lang.Object"]"#]]
        .assert_eq(&info["classes"]);
    expect![[r#"{"sqlConf":"\"zz\""}"#]].assert_eq(&info["messageParameters"]);
    let details = fetch(&mut client, &info["errorId"]).await;
    assert_eq!(details.root_error_idx, Some(0));
    let error = &details.errors[0];
    assert_eq!(error.message, status.message());
    assert_eq!(
        error.error_type_hierarchy[0],
        "org.apache.spark.SparkNoSuchElementException"
    );
    let throwable = error.spark_throwable.as_ref().unwrap();
    assert_eq!(throwable.error_class.as_deref(), Some("SQL_CONF_NOT_FOUND"));
    assert_eq!(throwable.sql_state.as_deref(), Some("42K0I"));
    assert_eq!(throwable.message_parameters["sqlConf"], "\"zz\"");
}

#[tokio::test]
async fn unknown_failures_have_no_details() {
    let server = Server::start().await;
    let mut client = server.client().await;
    // Neither the session nor the error is known.
    let details = fetch(&mut client, &operation_id()).await;
    assert_eq!((details.root_error_idx, details.errors.len()), (None, 0));
    client.get_config("spark.sql.ansi.enabled").await.unwrap();
    let details = fetch(&mut client, &operation_id()).await;
    assert_eq!((details.root_error_idx, details.errors.len()), (None, 0));
}

#[tokio::test]
async fn plans_with_unset_fields_are_refused_and_harm_nothing() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut request = client.request(&operation_id(), Plan::default());
    let (_, error) = client.execute(request.clone()).await;
    assert_eq!(error.unwrap().message(), "OPTYPE_NOT_SET not supported.");
    request.plan = None;
    let (_, error) = client.execute(request).await;
    assert_eq!(error.unwrap().message(), "OPTYPE_NOT_SET not supported.");
    for relation in [
        Relation::default(),
        Relation {
            rel_type: Some(RelType::Filter(Box::<Filter>::default())),
            ..Relation::default()
        },
    ] {
        let plan = Plan {
            op_type: Some(OpType::Root(relation)),
        };
        let request = client.request(&operation_id(), plan);
        let (_, error) = client.execute(request).await;
        assert_eq!(error.unwrap().code(), tonic::Code::Internal);
    }
    let request = AnalyzePlanRequest {
        session_id: client.session_id.clone(),
        ..Default::default()
    };
    let error = client.rpc.analyze_plan(request).await.unwrap_err();
    assert!(
        error
            .message()
            .contains("Unknown Analyze Method ANALYZE_NOT_SET!"),
        "{error:?}"
    );
    server.check_alive().await;
}

fn compressed(data: Vec<u8>) -> Plan {
    Plan {
        op_type: Some(OpType::CompressedOperation(CompressedOperation {
            data: data.into(),
            op_type: compressed_operation::OpType::Relation.into(),
            compression_codec: CompressionCodec::Zstd.into(),
        })),
    }
}

#[tokio::test]
async fn compressed_plans_run_and_bombs_do_not() {
    let server = Server::with("[limits]\nplan_bytes = 1000000").await;
    let mut client = server.client().await;
    let Some(OpType::Root(root)) = range(3).op_type else {
        unreachable!()
    };
    let good = zstd::encode_all(root.encode_to_vec().as_slice(), 1).unwrap();
    let request = client.request(&operation_id(), compressed(good));
    let (responses, _) = client.execute(request).await;
    assert_eq!(kinds(&responses), ["schema", "batch 3", "complete"]);
    let bomb = zstd::encode_all(zeros(100 << 20).as_slice(), 1).unwrap();
    let request = client.request(&operation_id(), compressed(bomb));
    let (_, error) = client.execute(request).await;
    assert_eq!(
        class(&error.unwrap()),
        "CONNECT_INVALID_PLAN.PLAN_SIZE_LARGER_THAN_MAX"
    );
    let request = client.request(&operation_id(), compressed(b"garbage".to_vec()));
    let (_, error) = client.execute(request).await;
    assert_eq!(class(&error.unwrap()), "CONNECT_INVALID_PLAN.CANNOT_PARSE");
}

fn zeros(count: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::repeat(0)
        .take(count)
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// Thousands of nested relations are refused before anything recurses into them.
#[tokio::test]
async fn plans_that_nest_too_deep_are_refused() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut relation = Relation {
        rel_type: Some(RelType::Range(Range {
            end: 1,
            step: 1,
            ..Range::default()
        })),
        ..Relation::default()
    }
    .encode_to_vec();
    for _ in 0..5_000 {
        // `Filter.input` in `Relation.filter`, written by hand: our own encoder recurses.
        for tag in [0x0a, 0x22] {
            let mut outer = vec![tag];
            prost::encoding::encode_varint(relation.len() as u64, &mut outer);
            outer.extend_from_slice(&relation);
            relation = outer;
        }
    }
    let mut plan = vec![0x0a];
    prost::encoding::encode_varint(relation.len() as u64, &mut plan);
    plan.extend_from_slice(&relation);
    let mut request = vec![0x1a];
    prost::encoding::encode_varint(plan.len() as u64, &mut request);
    request.extend_from_slice(&plan);
    let mut frame = vec![0];
    frame.extend_from_slice(&(request.len() as u32).to_be_bytes());
    frame.extend_from_slice(&request);
    let (code, message) = client.raw("ExecutePlan", frame, &[]).await;
    assert_eq!(code, tonic::Code::Internal as i32);
    assert!(message.contains("nests deeper"), "{message}");
    server.check_alive().await;
}
