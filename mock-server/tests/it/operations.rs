//! Executions: the order of responses, reattaching, releasing, interrupting.

use expect_test::{Expect, expect};
use futures::StreamExt;
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::expression::{ExprType, ExpressionString};
use sparring_proto::connect::get_status_response::operation_status::OperationState;
use sparring_proto::connect::interrupt_request::{Interrupt, InterruptType};
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::release_execute_request::{Release, ReleaseAll, ReleaseUntil};
use sparring_proto::connect::{
    Expression, Filter, GetStatusRequest, InterruptRequest, Plan, ReleaseExecuteRequest,
    get_status_request,
};
use tonic::Status;

use crate::client::{Client, Server, class, drain, kinds, operation_id, plan, range, user};

async fn check(client: &mut Client, plan: Plan, expected: &Expect) {
    let request = client.request(&operation_id(), plan);
    let (responses, error) = client.execute(request).await;
    assert!(error.is_none(), "{error:?}");
    expected.assert_eq(&kinds(&responses).join(", "));
}

async fn release(
    client: &mut Client,
    operation_id: &str,
    release: Option<Release>,
) -> Result<Option<String>, Status> {
    let request = ReleaseExecuteRequest {
        session_id: client.session_id.clone(),
        user_context: user(),
        operation_id: operation_id.to_owned(),
        release,
        ..Default::default()
    };
    let response = client.rpc.release_execute(request).await?;
    Ok(response.into_inner().operation_id)
}

fn all() -> Option<Release> {
    Some(Release::ReleaseAll(ReleaseAll {}))
}

fn until(response_id: &str) -> Option<Release> {
    Some(Release::ReleaseUntil(ReleaseUntil {
        response_id: response_id.to_owned(),
    }))
}

#[tokio::test]
async fn responses_come_in_the_order_clients_expect() {
    let server = Server::start().await;
    let mut client = server.client().await;
    check(&mut client, range(3), &expect!["schema, batch 3, complete"]).await;
    // Without a batch `toArrow` asserts.
    check(&mut client, range(0), &expect!["schema, batch 0, complete"]).await;
}

#[tokio::test]
async fn every_response_is_numbered_and_addressed() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let request = client.request(&id, range(3));
    let (responses, _) = client.execute(request).await;
    let mut ids: Vec<_> = responses
        .iter()
        .map(|response| response.response_id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), responses.len());
    for response in &responses {
        assert_eq!(response.operation_id, id);
        assert_eq!(response.session_id, client.session_id);
        assert_eq!(
            response.server_side_session_id,
            responses[0].server_side_session_id
        );
    }
}

#[tokio::test]
async fn clients_that_cannot_reattach_get_no_result_complete() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut request = client.request(&operation_id(), range(3));
    request.request_options.clear();
    request.operation_id = None;
    let (responses, error) = client.execute(request).await;
    assert!(error.is_none());
    assert_eq!(kinds(&responses), ["schema", "batch 3"]);
}

#[tokio::test]
async fn batches_are_cut_and_offsets_count_on() {
    let server = Server::with("[streams]\nbatch_bytes = 8000").await;
    let mut client = server.client().await;
    let request = client.request(&operation_id(), range(2500));
    let (responses, _) = client.execute(request).await;
    let mut next = 0;
    for response in &responses {
        if let Some(ResponseType::ArrowBatch(batch)) = &response.response_type {
            assert_eq!(batch.start_offset, Some(next));
            assert!(batch.data.len() < 10_000, "{}", batch.data.len());
            assert_eq!(batch.chunk_index, None);
            next += batch.row_count;
        }
    }
    assert_eq!(next, 2500);
}

#[tokio::test]
async fn large_batches_come_in_chunks_where_clients_allow_it() {
    use sparring_proto::connect::ResultChunkingOptions;
    use sparring_proto::connect::execute_plan_request::{RequestOption, request_option};
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut request = client.request(&operation_id(), range(1000));
    request.request_options.push(RequestOption {
        request_option: Some(request_option::RequestOption::ResultChunkingOptions(
            ResultChunkingOptions {
                allow_arrow_batch_chunking: true,
                preferred_arrow_chunk_size: Some(3000),
            },
        )),
    });
    let (responses, _) = client.execute(request).await;
    let chunks: Vec<_> = responses
        .iter()
        .filter_map(|response| match &response.response_type {
            Some(ResponseType::ArrowBatch(batch)) => Some(batch.clone()),
            _ => None,
        })
        .collect();
    assert!(chunks.len() > 2);
    for (index, chunk) in chunks.iter().enumerate() {
        assert_eq!(chunk.chunk_index, Some(index as i64));
        assert_eq!(chunk.num_chunks_in_batch, Some(chunks.len() as i64));
        assert_eq!((chunk.row_count, chunk.start_offset), (1000, Some(0)));
        assert!(chunk.data.len() <= 3000);
    }
    // Rows are counted once in the journal.
    let rows = server.journalled(|event| match event {
        sparring_journal::Event::RpcFinished(finished) => Some(finished.rows_down),
        _ => None,
    });
    assert_eq!(rows, [1000]);
}

#[tokio::test]
async fn reattaching_goes_on_after_the_named_response() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let request = client.request(&id, range(3));
    let (first, _) = client.execute(request).await;
    let after = |index: usize| Some(first[index].response_id.clone());
    let (again, error) = drain(client.reattach(&id, None).await.unwrap()).await;
    assert!(error.is_none());
    assert_eq!(again, first);
    let (rest, _) = drain(client.reattach(&id, after(0).as_deref()).await.unwrap()).await;
    assert_eq!(rest, first[1..]);
    let last = after(first.len() - 1);
    let (none, error) = drain(client.reattach(&id, last.as_deref()).await.unwrap()).await;
    assert!(none.is_empty() && error.is_none());
    let unknown = client
        .reattach(&id, Some(&operation_id()))
        .await
        .unwrap_err();
    assert_eq!(class(&unknown), "INVALID_CURSOR.POSITION_NOT_FOUND");
}

#[tokio::test]
async fn released_responses_are_gone() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let request = client.request(&id, range(3));
    let (responses, _) = client.execute(request).await;
    let second = responses[1].response_id.clone();
    assert_eq!(
        release(&mut client, &id, until(&second)).await.unwrap(),
        Some(id.clone())
    );
    let gone = client
        .reattach(&id, Some(&responses[0].response_id))
        .await
        .unwrap_err();
    assert_eq!(class(&gone), "INVALID_CURSOR.POSITION_NOT_AVAILABLE");
    assert!(
        gone.message().ends_with("at index 2. SQLSTATE: HY109"),
        "{}",
        gone.message()
    );
    let (rest, _) = drain(client.reattach(&id, Some(&second)).await.unwrap()).await;
    assert_eq!(rest, responses[2..]);
    let unknown = release(&mut client, &id, until("x")).await.unwrap_err();
    assert_eq!(class(&unknown), "INVALID_CURSOR.POSITION_NOT_FOUND");
    let unset = release(&mut client, &id, None).await.unwrap_err();
    assert_eq!(unset.message(), "Unknown ReleaseExecute type!");

    assert_eq!(
        release(&mut client, &id, all()).await.unwrap(),
        Some(id.clone())
    );
    // A second release, and one of an operation that never was, are quiet.
    assert_eq!(release(&mut client, &id, all()).await.unwrap(), None);
    assert_eq!(
        release(&mut client, &operation_id(), all()).await.unwrap(),
        None
    );
    let gone = client.reattach(&id, None).await.unwrap_err();
    assert_eq!(class(&gone), "INVALID_HANDLE.OPERATION_NOT_FOUND");
    // The id is used up.
    let request = client.request(&id, range(3));
    let (_, error) = client.execute(request).await;
    assert_eq!(class(&error.unwrap()), "INVALID_HANDLE.OPERATION_ABANDONED");
}

#[tokio::test]
async fn the_same_request_again_reattaches_and_another_is_refused() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let request = client.request(&id, range(3));
    let (first, _) = client.execute(request.clone()).await;
    let (again, _) = client.execute(request).await;
    assert_eq!(again, first);
    let other = client.request(&id, range(4));
    let (_, error) = client.execute(other).await;
    assert_eq!(
        class(&error.unwrap()),
        "INVALID_HANDLE.OPERATION_ALREADY_EXISTS"
    );
}

#[tokio::test]
async fn a_second_stream_preempts_the_first() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let request = client.request(&id, range(1 << 40));
    let mut first = client.stream(request).await.unwrap();
    first.next().await.unwrap().unwrap();
    let mut second = client.reattach(&id, None).await.unwrap();
    second.next().await.unwrap().unwrap();
    let (_, error) = drain(first).await;
    assert_eq!(class(&error.unwrap()), "INVALID_CURSOR.DISCONNECTED");
    assert!(second.next().await.unwrap().is_ok());
    // Releasing everything ends the stream that is left.
    release(&mut client, &id, all()).await.unwrap();
    let (_, error) = drain(second).await;
    assert_eq!(class(&error.unwrap()), "INVALID_CURSOR.DISCONNECTED");
}

#[tokio::test]
async fn streams_that_end_early_are_gone_on_with() {
    let server = Server::with("[streams]\nmax_bytes = 1\nbatch_bytes = 800").await;
    let mut client = server.client().await;
    let id = operation_id();
    let request = client.request(&id, range(500));
    let (mut responses, error) = client.execute(request).await;
    assert!(error.is_none());
    assert_eq!(responses.len(), 1);
    for _ in 0..50 {
        let last = responses.last().unwrap().clone();
        if matches!(last.response_type, Some(ResponseType::ResultComplete(_))) {
            break;
        }
        let stream = client.reattach(&id, Some(&last.response_id)).await.unwrap();
        let (more, error) = drain(stream).await;
        assert!(error.is_none());
        assert_eq!(more.len(), 1);
        responses.extend(more);
    }
    let rows: i64 = responses
        .iter()
        .filter_map(|response| match &response.response_type {
            Some(ResponseType::ArrowBatch(batch)) => Some(batch.row_count),
            _ => None,
        })
        .sum();
    assert_eq!(rows, 500);
    assert_eq!(kinds(&responses).last().unwrap(), "complete");
}

#[tokio::test]
async fn a_broken_connection_loses_nothing() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let (id, session_id) = (operation_id(), client.session_id.clone());
    let request = client.request(&id, range(1_000_000));
    let mut stream = client.stream(request).await.unwrap();
    let mut responses = vec![stream.next().await.unwrap().unwrap()];
    responses.push(stream.next().await.unwrap().unwrap());
    drop(stream);
    drop(client);
    let mut client = server.client().await;
    client.session_id = session_id;
    let last = responses[1].response_id.clone();
    let (rest, error) = drain(client.reattach(&id, Some(&last)).await.unwrap()).await;
    assert!(error.is_none(), "{error:?}");
    responses.extend(rest);
    let mut offset = 0;
    for response in &responses {
        if let Some(ResponseType::ArrowBatch(batch)) = &response.response_type {
            assert_eq!(batch.start_offset, Some(offset));
            offset += batch.row_count;
        }
    }
    assert_eq!(offset, 1_000_000);
}

async fn interrupt(
    client: &mut Client,
    interrupt_type: InterruptType,
    interrupt: Option<Interrupt>,
) -> Result<Vec<String>, Status> {
    let request = InterruptRequest {
        session_id: client.session_id.clone(),
        user_context: user(),
        interrupt_type: interrupt_type.into(),
        interrupt,
        ..Default::default()
    };
    Ok(client
        .rpc
        .interrupt(request)
        .await?
        .into_inner()
        .interrupted_ids)
}

#[tokio::test]
async fn interrupts_cancel_what_they_name() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let tag = |tag: &str| Some(Interrupt::OperationTag(tag.to_owned()));
    for by in ["all", "tag", "id"] {
        let id = operation_id();
        let mut request = client.request(&id, range(1 << 40));
        request.tags = vec!["mine".to_owned()];
        let mut stream = client.stream(request).await.unwrap();
        stream.next().await.unwrap().unwrap();
        assert!(
            interrupt(&mut client, InterruptType::Tag, tag("other"))
                .await
                .unwrap()
                .is_empty()
        );
        let interrupted = match by {
            "all" => interrupt(&mut client, InterruptType::All, None).await,
            "tag" => interrupt(&mut client, InterruptType::Tag, tag("mine")).await,
            _ => {
                let by_id = Some(Interrupt::OperationId(id.clone()));
                interrupt(&mut client, InterruptType::OperationId, by_id).await
            }
        };
        assert_eq!(interrupted.unwrap(), [id.as_str()], "by {by}");
        let (_, error) = drain(stream).await;
        assert_eq!(class(&error.unwrap()), "OPERATION_CANCELED", "by {by}");
        let (_, error) = drain(client.reattach(&id, None).await.unwrap()).await;
        assert_eq!(class(&error.unwrap()), "OPERATION_CANCELED", "by {by}");
        assert!(
            interrupt(&mut client, InterruptType::All, None)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

/// A filter that lets nothing through gives no row at which to notice an interrupt.
#[tokio::test]
async fn a_query_that_yields_no_rows_is_interrupted() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let Some(OpType::Root(numbers)) = range(1 << 40).op_type else {
        panic!("a range is a relation");
    };
    let filtered = Filter {
        input: Some(Box::new(numbers)),
        condition: Some(Expression {
            expr_type: Some(ExprType::ExpressionString(ExpressionString {
                expression: "id < 0".to_owned(),
            })),
            ..Default::default()
        }),
    };
    let id = operation_id();
    let request = client.request(&id, plan(RelType::Filter(Box::new(filtered))));
    let mut stream = client.stream(request).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let interrupted = interrupt(&mut client, InterruptType::All, None).await;
    assert_eq!(interrupted.unwrap(), [id.as_str()]);
    let (_, error) = drain(stream).await;
    assert_eq!(class(&error.unwrap()), "OPERATION_CANCELED");
}

#[tokio::test]
async fn interrupts_that_name_nothing_are_refused() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for (interrupt_type, expected) in [
        (
            InterruptType::Tag,
            "INVALID_PARAMETER_VALUE.INTERRUPT_TYPE_TAG_REQUIRES_TAG",
        ),
        (
            InterruptType::OperationId,
            "INVALID_PARAMETER_VALUE.INTERRUPT_TYPE_OPERATION_ID_REQUIRES_ID",
        ),
        (
            InterruptType::Unspecified,
            "UNSUPPORTED_FEATURE.INTERRUPT_TYPE",
        ),
    ] {
        let error = interrupt(&mut client, interrupt_type, None)
            .await
            .unwrap_err();
        assert_eq!(class(&error), expected);
    }
}

#[tokio::test]
async fn tags_and_ids_are_checked() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for (tag, expected) in [
        ("", "Spark Connect tag cannot be an empty string."),
        ("a,b", "Spark Connect tag cannot contain ','."),
    ] {
        let mut request = client.request(&operation_id(), range(1));
        request.tags = vec![tag.to_owned()];
        let (_, error) = client.execute(request).await;
        assert_eq!(error.unwrap().message(), expected);
    }
    let request = client.request("zzz", range(1));
    let (_, error) = client.execute(request).await;
    assert_eq!(class(&error.unwrap()), "INVALID_HANDLE.FORMAT");
    let mut request = client.request(&operation_id(), range(1 << 40));
    request.request_options.clear();
    let id = request.operation_id.clone().unwrap();
    let mut stream = client.stream(request).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let error = client.reattach(&id, None).await.unwrap_err();
    assert_eq!(class(&error), "INVALID_CURSOR.NOT_REATTACHABLE");
}

#[tokio::test]
async fn states_of_operations_are_told() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let (done, running, unknown) = (operation_id(), operation_id(), operation_id());
    let request = client.request(&done, range(1));
    client.execute(request).await;
    let request = client.request(&running, range(1 << 40));
    let mut stream = client.stream(request).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let request = GetStatusRequest {
        session_id: client.session_id.clone(),
        user_context: user(),
        operation_status: Some(get_status_request::OperationStatusRequest {
            operation_ids: vec![done, running, unknown],
            extensions: Vec::new(),
        }),
        ..Default::default()
    };
    let answer = client.rpc.get_status(request).await.unwrap().into_inner();
    let states: Vec<_> = answer
        .operation_statuses
        .iter()
        .map(|status| status.state())
        .collect();
    assert_eq!(
        states,
        [
            OperationState::Succeeded,
            OperationState::Running,
            OperationState::Unknown
        ]
    );
}
