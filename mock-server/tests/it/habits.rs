//! What clients do on their own, without being asked by their user: each of these, answered
//! wrongly, breaks or delays every session of some client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prost::Message;
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::execute_plan_response::ResponseType;
use sparring_proto::connect::ml_command::{CleanCache, Command as Ml};
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::release_execute_request::{Release, ReleaseAll};
use sparring_proto::connect::{
    self as proto, CachedLocalRelation, CachedRemoteRelation, Command,
    CommonInlineUserDefinedFunction, MlCommand, Plan, PythonUdf, RemoveCachedRemoteRelationCommand,
    SqlCommand, common_inline_user_defined_function::Function,
};
use sparring_server::{Clock, Config, MockServer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

use crate::client::{
    CLUSTER_HEADER, Client, Server, class, error_info, kinds, operation_id, plan, range, user,
};
use crate::rest::request;

fn command(command_type: CommandType) -> Plan {
    Plan {
        op_type: Some(OpType::Command(Command {
            command_type: Some(command_type),
        })),
    }
}

/// PySpark compares the ids of each answer with its own.
#[tokio::test]
async fn every_answer_says_whose_it_is() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let session = client.session_id.clone();
    let started = client
        .execute(client.request(&operation_id(), range(1)))
        .await;
    let own = started.0[0].server_side_session_id.clone();
    macro_rules! check {
        ($method:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {{
            let request = proto::$request {
                session_id: session.clone(),
                user_context: user(),
                client_observed_server_side_session_id: Some(own.clone()),
                $($field: $value,)*
                ..Default::default()
            };
            let answer = client.rpc.$method(request).await.unwrap().into_inner();
            let method = stringify!($method);
            assert_eq!(answer.session_id, session, "{method}");
            assert_eq!(answer.server_side_session_id, own, "{method}");
        }};
    }
    let version = proto::analyze_plan_request::SparkVersion {};
    let version = proto::analyze_plan_request::Analyze::SparkVersion(version);
    check!(
        analyze_plan,
        AnalyzePlanRequest {
            analyze: Some(version)
        }
    );
    let all = proto::config_request::GetAll { prefix: None };
    let all = proto::config_request::operation::OpType::GetAll(all);
    let all = proto::config_request::Operation { op_type: Some(all) };
    check!(
        config,
        ConfigRequest {
            operation: Some(all)
        }
    );
    check!(artifact_status, ArtifactStatusesRequest {});
    check!(interrupt, InterruptRequest { interrupt_type: 1 });
    let release = Some(Release::ReleaseAll(ReleaseAll {}));
    check!(
        release_execute,
        ReleaseExecuteRequest {
            operation_id: operation_id(),
            release: release,
        }
    );
    check!(
        fetch_error_details,
        FetchErrorDetailsRequest {
            error_id: operation_id()
        }
    );
    check!(clone_session, CloneSessionRequest {});
    check!(get_status, GetStatusRequest {});
    // Only this one may come without the id that was seen, and still tells the session's own.
    let release = proto::ReleaseSessionRequest {
        session_id: session.clone(),
        user_context: user(),
        ..Default::default()
    };
    let answer = client.rpc.release_session(release).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!(
        (answer.session_id, answer.server_side_session_id),
        (session, own)
    );
}

async fn answered(client: &mut Client, plan: Plan) -> Vec<String> {
    let (responses, error) = client.execute(client.request(&operation_id(), plan)).await;
    assert!(error.is_none(), "{error:?}");
    kinds(&responses)
}

/// PySpark sends these from garbage collection, before every test and at its exit.
#[tokio::test]
async fn cleaning_up_is_never_an_error() {
    let server = Server::start().await;
    let client = &mut server.client().await;
    let remove =
        CommandType::RemoveCachedRemoteRelationCommand(RemoveCachedRemoteRelationCommand {
            relation: Some(CachedRemoteRelation {
                relation_id: operation_id(),
            }),
        });
    assert_eq!(answered(client, command(remove)).await, ["complete"]);
    let clean = CommandType::MlCommand(MlCommand {
        command: Some(Ml::CleanCache(CleanCache {})),
    });
    let kinds = answered(client, command(clean)).await;
    assert_eq!(kinds.last().map(String::as_str), Some("complete"));
}

#[tokio::test]
async fn local_data_that_was_never_uploaded_is_named() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let lost = RelType::CachedLocalRelation(CachedLocalRelation {
        hash: "deadbeef".to_owned(),
    });
    let request = client.request(&operation_id(), plan(lost));
    let error = client.execute(request).await.1.unwrap();
    assert_eq!(class(&error), "INTERNAL_ERROR");
    assert_eq!(error_info(&error)["sqlState"], "XX000");
    assert_eq!(
        error.message().split(" SQLSTATE").next(),
        Some("[INTERNAL_ERROR] Cannot find a cached local relation for hash: deadbeef")
    );
}

/// `spark.sql` runs a command once, and its answer is read as often as the user likes.
#[tokio::test]
async fn a_command_runs_once_and_its_answer_is_read_again() {
    let server = Server::start().await;
    let mut client = server.client().await;
    // Clients before 4.0 fill `sql`, later ones `input`.
    for (query, old) in [
        ("CREATE SCHEMA main.once", true),
        ("SHOW SCHEMAS IN main LIKE 'once'", false),
    ] {
        let input = proto::Relation {
            common: None,
            rel_type: Some(RelType::Sql(proto::Sql {
                query: query.to_owned(),
                ..proto::Sql::default()
            })),
        };
        #[expect(deprecated, reason = "clients before 4.0 send it")]
        let sql = if old {
            SqlCommand {
                sql: query.to_owned(),
                ..SqlCommand::default()
            }
        } else {
            SqlCommand {
                input: Some(input),
                ..SqlCommand::default()
            }
        };
        let request = client.request(&operation_id(), command(CommandType::SqlCommand(sql)));
        let (responses, error) = client.execute(request).await;
        assert!(error.is_none(), "{error:?}");
        let relation = responses
            .iter()
            .find_map(|response| match &response.response_type {
                Some(ResponseType::SqlCommandResult(result)) => result.relation.clone(),
                _ => None,
            });
        let relation = relation.unwrap();
        assert!(matches!(relation.rel_type, Some(RelType::LocalRelation(_))));
        for _ in 0..3 {
            let again = Plan {
                op_type: Some(OpType::Root(relation.clone())),
            };
            let expected = if old { "batch 0" } else { "batch 1" };
            let seen = answered(&mut client, again).await;
            assert_eq!(seen, ["schema", expected, "complete"]);
        }
    }
}

#[tokio::test]
async fn a_data_directory_is_named_from_here_and_belongs_to_one_server() {
    let root = tempfile::tempdir().unwrap();
    let here = std::env::current_dir().unwrap();
    let relative = here
        .components()
        .skip(1)
        .map(|_| "..")
        .chain([root.path().strip_prefix("/").unwrap().to_str().unwrap()])
        .collect::<std::path::PathBuf>();
    let server = Server::with(&format!("data_dir = '{}'", relative.display())).await;
    let mut client = server.client().await;
    let sql = |query: &str| proto::Relation {
        common: None,
        rel_type: Some(RelType::Sql(proto::Sql {
            query: query.to_owned(),
            ..proto::Sql::default()
        })),
    };
    let create = CommandType::SqlCommand(SqlCommand {
        input: Some(sql(
            "CREATE TABLE t USING parquet AS SELECT id FROM range(3)",
        )),
        ..SqlCommand::default()
    });
    let request = client.request(&operation_id(), command(create));
    let (_, error) = client.execute(request).await;
    assert!(error.is_none(), "{error:?}");
    let query = Plan {
        op_type: Some(OpType::Root(sql("SELECT * FROM t"))),
    };
    let seen = answered(&mut client, query).await;
    assert_eq!(seen, ["schema", "batch 3", "complete"]);

    let text = format!(
        "listen = '127.0.0.1:0'\ndata_dir = '{}'",
        root.path().display()
    );
    let second = Config::parse(&text, std::path::Path::new("second.toml")).unwrap();
    let refused = MockServer::new(second).start().await.err().unwrap();
    assert!(
        refused.to_string().contains("in use by another Sparring"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_python_function_is_refused_by_name() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let udf = CommonInlineUserDefinedFunction {
        function_name: "plus_one".to_owned(),
        function: Some(Function::PythonUdf(PythonUdf::default())),
        ..CommonInlineUserDefinedFunction::default()
    };
    let register = command(CommandType::RegisterFunction(udf));
    let request = client.request(&operation_id(), register);
    let error = client.execute(request).await.1.unwrap();
    assert!(error.message().contains("Python function"), "{error:?}");
    server.check_alive().await;
}

/// From 4.3 on a PING is sent every minute, also without calls; a server that counts them would
/// drop the connection.
#[tokio::test]
async fn pings_without_calls_are_answered() {
    const PINGS: usize = 200;
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    sent.extend([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    stream.write_all(&sent).await.unwrap();
    let mut answered = 0;
    for ping in 0..PINGS {
        let mut frame = vec![0, 0, 8, 6, 0, 0, 0, 0, 0];
        frame.extend((ping as u64).to_be_bytes());
        stream.write_all(&frame).await.unwrap();
        // Up to the answer of this ping; settings come in between.
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            stream.read_exact(&mut payload).await.unwrap();
            assert_ne!(head[3], 7, "the server said goodbye");
            if head[3] == 6 && head[4] == 1 {
                assert_eq!(payload, (ping as u64).to_be_bytes());
                answered += 1;
                break;
            }
        }
    }
    assert_eq!(answered, PINGS);
}

#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// A client that waits for its cluster asks REST to start it and may call at once: from 4.1 on it
/// waits for as long as it is told.
#[tokio::test]
async fn a_cluster_is_started_and_waited_for() {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Clock::given({
        let seconds = Arc::clone(&seconds);
        move || Duration::from_secs(seconds.load(Ordering::Relaxed))
    });
    let server = Server::with_clock("", clock).await;
    let token = "token-of-default";
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), (CLUSTER_HEADER, "off")];
    let mut client = server.client_with(&headers).await;
    let key = "spark.sql.ansi.enabled";
    let off = client.get_config(key).await.unwrap_err();
    assert_eq!(off.code(), Code::FailedPrecondition);
    assert!(off.message().contains("start it first"), "{off:?}");

    let start = "POST /api/2.1/clusters/start";
    let body = "{\"cluster_id\":\"off\"}";
    assert_eq!(request(&server, start, Some(token), body).await, "200 {}");
    let pending = client.get_config(key).await.unwrap_err();
    assert_eq!(pending.code(), Code::Unavailable);
    let details = RpcStatus::decode(pending.details()).unwrap().details;
    assert!(details[0].type_url.ends_with("google.rpc.RetryInfo"));
    // `retry_delay { seconds: 3 }`
    assert_eq!(details[0].value, [0x0a, 2, 8, 3]);

    seconds.store(3, Ordering::Relaxed);
    client.get_config(key).await.unwrap();
    let get = "GET /api/2.1/clusters/get?cluster_id=off";
    let seen = request(&server, get, Some(token), "").await;
    assert!(seen.contains("\"state\":\"RUNNING\""), "{seen}");
}
