//! Sessions: their ids, their end, their copies.

use sparring_proto::connect::{
    CloneSessionRequest, ConfigRequest, ReleaseSessionRequest, config_request,
};
use tonic::Status;

use crate::client::{Client, Server, class, error_info, operation_id, user};

async fn call(
    client: &mut Client,
    session_id: &str,
    observed: Option<&str>,
) -> Result<String, Status> {
    let all = config_request::GetAll {
        prefix: Some("nothing.".to_owned()),
    };
    let request = ConfigRequest {
        session_id: session_id.to_owned(),
        user_context: user(),
        client_observed_server_side_session_id: observed.map(str::to_owned),
        operation: Some(config_request::Operation {
            op_type: Some(config_request::operation::OpType::GetAll(all)),
        }),
        client_type: None,
    };
    Ok(client
        .rpc
        .config(request)
        .await?
        .into_inner()
        .server_side_session_id)
}

async fn release(client: &mut Client, session_id: &str, allow_reconnect: bool) -> String {
    let request = ReleaseSessionRequest {
        session_id: session_id.to_owned(),
        user_context: user(),
        client_type: None,
        allow_reconnect,
    };
    client
        .rpc
        .release_session(request)
        .await
        .unwrap()
        .into_inner()
        .server_side_session_id
}

#[tokio::test]
async fn a_session_has_one_server_side_id_while_it_lives() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let server_side = call(&mut client, &id, None).await.unwrap();
    assert!(!server_side.is_empty());
    assert_eq!(
        call(&mut client, &id, Some(&server_side)).await.unwrap(),
        server_side
    );
    let other = call(&mut client, &operation_id(), None).await.unwrap();
    assert_ne!(other, server_side);
    let changed = call(&mut client, &id, Some("another")).await.unwrap_err();
    assert_eq!(class(&changed), "INVALID_HANDLE.SESSION_CHANGED");
    assert!(error_info(&changed).contains_key("errorId"));
}

#[tokio::test]
async fn ids_that_are_no_uuids_are_refused_without_an_error_id() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for id in ["", "not-a-uuid"] {
        let error = call(&mut client, id, None).await.unwrap_err();
        assert_eq!(class(&error), "INVALID_HANDLE.FORMAT");
        assert!(!error_info(&error).contains_key("errorId"));
    }
}

#[tokio::test]
async fn a_released_session_stays_closed() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let server_side = call(&mut client, &id, None).await.unwrap();
    assert_eq!(release(&mut client, &id, false).await, server_side);
    let closed = call(&mut client, &id, None).await.unwrap_err();
    assert_eq!(class(&closed), "INVALID_HANDLE.SESSION_CLOSED");
    assert!(!error_info(&closed).contains_key("errorId"));
    // Releasing again is quiet, and so is releasing what never was.
    assert_eq!(release(&mut client, &id, false).await, "");
    assert_eq!(release(&mut client, &operation_id(), false).await, "");

    let again = operation_id();
    let first = call(&mut client, &again, None).await.unwrap();
    release(&mut client, &again, true).await;
    assert_ne!(call(&mut client, &again, None).await.unwrap(), first);
}

#[tokio::test]
async fn users_do_not_share_sessions() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = operation_id();
    let mine = call(&mut client, &id, None).await.unwrap();
    let request = ConfigRequest {
        session_id: id,
        operation: Some(config_request::Operation {
            op_type: Some(config_request::operation::OpType::GetAll(
                config_request::GetAll {
                    prefix: Some("x.".into()),
                },
            )),
        }),
        ..Default::default()
    };
    // No user at all is a user, too.
    let theirs = client
        .rpc
        .config(request)
        .await
        .unwrap()
        .into_inner()
        .server_side_session_id;
    assert_ne!(mine, theirs);
}

#[tokio::test]
async fn clones_have_the_configuration_and_a_life_of_their_own() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let id = client.session_id.clone();
    let set = config_request::Set {
        pairs: vec![sparring_proto::connect::KeyValue {
            key: "spark.sql.shuffle.partitions".to_owned(),
            value: Some("7".to_owned()),
        }],
        silent: None,
    };
    client
        .config(config_request::operation::OpType::Set(set))
        .await
        .unwrap();
    let clone = |new: Option<&str>| CloneSessionRequest {
        session_id: id.clone(),
        user_context: user(),
        new_session_id: new.map(str::to_owned),
        ..Default::default()
    };
    let new = operation_id();
    let answer = client
        .rpc
        .clone_session(clone(Some(&new)))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.new_session_id, new);
    assert_ne!(
        answer.new_server_side_session_id,
        answer.server_side_session_id
    );
    client.session_id.clone_from(&new);
    let value = client
        .get_config("spark.sql.shuffle.partitions")
        .await
        .unwrap();
    assert_eq!(value.as_deref(), Some("7"));

    let prefix = "INVALID_CLONE_SESSION_REQUEST.TARGET_SESSION_ID";
    let error = client
        .rpc
        .clone_session(clone(Some(&new)))
        .await
        .unwrap_err();
    assert_eq!(class(&error), format!("{prefix}_ALREADY_EXISTS"));
    release(&mut client, &new, false).await;
    let error = client
        .rpc
        .clone_session(clone(Some(&new)))
        .await
        .unwrap_err();
    assert_eq!(class(&error), format!("{prefix}_ALREADY_CLOSED"));
    let error = client
        .rpc
        .clone_session(clone(Some("x")))
        .await
        .unwrap_err();
    assert_eq!(class(&error), format!("{prefix}_FORMAT"));
    let mut unknown = clone(None);
    unknown.session_id = operation_id();
    let error = client.rpc.clone_session(unknown).await.unwrap_err();
    assert_eq!(class(&error), "INVALID_HANDLE.SESSION_NOT_FOUND");
}
