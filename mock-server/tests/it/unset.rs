//! Plans whose fields are not set: every kind of relation, expression, type, literal and command
//! is sent empty. The kinds are found in the schema itself, so that a new one cannot be forgotten.

use std::time::Duration;

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use sparring_proto::connect::analyze_plan_request::Analyze;
use sparring_proto::connect::command::CommandType;
use sparring_proto::connect::expression::{Cast, ExprType, Literal, cast};
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::write_operation::SaveType;
use sparring_proto::connect::{
    AnalyzePlanRequest, Catalog, Command, ConfigRequest, DataType, Expression, Filter, MlCommand,
    MlRelation, Plan, Project, Range, Read, Relation, WriteOperation, config_request,
};
use tonic::{Code, Status};

use crate::client::{Client, Server, error_info, operation_id, user};

/// The highest field number in any oneof of the schema.
const LAST_FIELD: u32 = 999;

/// Every message of this type with one empty field, for which `is_kind` holds.
fn kinds<M: Message + Default>(is_kind: impl Fn(&M) -> bool) -> Vec<(u32, M)> {
    let mut kinds = Vec::new();
    for number in 1..=LAST_FIELD {
        for wire_type in [
            WireType::LengthDelimited,
            WireType::Varint,
            WireType::ThirtyTwoBit,
            WireType::SixtyFourBit,
        ] {
            let mut bytes = Vec::new();
            encode_key(number, wire_type, &mut bytes);
            match wire_type {
                WireType::ThirtyTwoBit => bytes.extend([0; 4]),
                WireType::SixtyFourBit => bytes.extend([0; 8]),
                _ => encode_varint(0, &mut bytes),
            }
            if let Ok(message) = M::decode(bytes.as_slice())
                && is_kind(&message)
            {
                kinds.push((number, message));
            }
        }
    }
    assert!(kinds.len() > 1, "the schema has no such kinds");
    kinds
}

fn relation(rel_type: RelType) -> Relation {
    Relation {
        common: None,
        rel_type: Some(rel_type),
    }
}

fn one_row() -> Option<Box<Relation>> {
    Some(Box::new(relation(RelType::Range(Range {
        start: Some(0),
        end: 1,
        step: 1,
        num_partitions: None,
    }))))
}

fn selecting(expression: Expression) -> Relation {
    relation(RelType::Project(Box::new(Project {
        input: one_row(),
        expressions: vec![expression],
    })))
}

/// An answer is fine; an error must be Spark's kind of error and say what is wrong.
fn judge(what: &str, answer: Result<(), Status>) -> Option<String> {
    let Err(status) = answer else { return None };
    if status.code() != Code::Internal || status.details().is_empty() {
        return Some(format!("{what}: {status:?}"));
    }
    let mut info = error_info(&status);
    let class = info.remove("errorClass").unwrap_or_default();
    // Spark calls every plan that no client should send an internal error, by this exception.
    let is_invalid_plan = info["classes"].contains("InvalidPlanInput");
    let bad = status.message().is_empty()
        || (class.starts_with("INTERNAL_ERROR") && !is_invalid_plan)
        || status.message().contains("panicked");
    bad.then(|| format!("{what}: {}", status.message()))
}

async fn execute(client: &mut Client, op_type: OpType) -> Result<(), Status> {
    let plan = Plan {
        op_type: Some(op_type),
    };
    let request = client.request(&operation_id(), plan);
    let answer = tokio::time::timeout(Duration::from_secs(60), client.execute(request));
    match answer.await.expect("an answer within a minute").1 {
        Some(status) => Err(status),
        None => Ok(()),
    }
}

/// Sends each of `relations` to be run and to be analysed.
async fn check_relations(what: &str, relations: Vec<(u32, Relation)>) {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut bad = Vec::new();
    for (number, relation) in relations {
        let answer = execute(&mut client, OpType::Root(relation.clone())).await;
        bad.extend(judge(&format!("{what} {number} executed"), answer));
        let plan = Some(Plan {
            op_type: Some(OpType::Root(relation)),
        });
        let schema = sparring_proto::connect::analyze_plan_request::Schema { plan };
        let answer = analyze(&mut client, Some(Analyze::Schema(schema))).await;
        bad.extend(judge(&format!("{what} {number} analysed"), answer));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.check_alive().await;
}

async fn check_commands(what: &str, commands: Vec<(u32, CommandType)>) {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut bad = Vec::new();
    for (number, command_type) in commands {
        let command = Command {
            command_type: Some(command_type),
        };
        let answer = execute(&mut client, OpType::Command(command)).await;
        bad.extend(judge(&format!("{what} {number}"), answer));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.check_alive().await;
}

async fn analyze(client: &mut Client, analyze: Option<Analyze>) -> Result<(), Status> {
    let request = AnalyzePlanRequest {
        session_id: client.session_id.clone(),
        user_context: user(),
        analyze,
        ..AnalyzePlanRequest::default()
    };
    client.rpc.analyze_plan(request).await.map(drop)
}

#[tokio::test]
async fn every_relation_may_come_empty() {
    let relations = kinds(|relation: &Relation| relation.rel_type.is_some());
    check_relations("relation", relations).await;
    let reads = kinds(|read: &Read| read.read_type.is_some());
    let reads = reads
        .into_iter()
        .map(|(number, read)| (number, relation(RelType::Read(read))));
    check_relations("read", reads.collect()).await;
    let catalog = kinds(|catalog: &Catalog| catalog.cat_type.is_some());
    let catalog = catalog
        .into_iter()
        .map(|(number, catalog)| (number, relation(RelType::Catalog(catalog))));
    check_relations("catalog", catalog.collect()).await;
    let ml = kinds(|ml: &MlRelation| ml.ml_type.is_some());
    let ml = ml
        .into_iter()
        .map(|(number, ml)| (number, relation(RelType::MlRelation(Box::new(ml)))));
    check_relations("ml relation", ml.collect()).await;
}

/// Relations that have what they work on and nothing that says how: the other half of their
/// fields is reached this way.
#[tokio::test]
async fn every_relation_may_have_nothing_but_an_input() {
    let range = Relation::encode_to_vec(one_row().unwrap().as_ref());
    let mut relations = Vec::new();
    for (number, _) in kinds(|relation: &Relation| relation.rel_type.is_some()) {
        // The input is field 1 of each, and where there are two the other one is field 2.
        for inputs in [&[1][..], &[1, 2]] {
            let mut body = Vec::new();
            for field in inputs {
                encode_key(*field, WireType::LengthDelimited, &mut body);
                encode_varint(range.len() as u64, &mut body);
                body.extend(&range);
            }
            let mut bytes = Vec::new();
            encode_key(number, WireType::LengthDelimited, &mut bytes);
            encode_varint(body.len() as u64, &mut bytes);
            bytes.extend(body);
            if let Ok(relation) = Relation::decode(bytes.as_slice()) {
                relations.push((number, relation));
            }
        }
    }
    assert!(relations.len() > 50);
    check_relations("relation with inputs", relations).await;
}

#[tokio::test]
async fn every_expression_literal_and_type_may_come_empty() {
    let expressions = kinds(|expression: &Expression| expression.expr_type.is_some());
    let selected = expressions
        .iter()
        .map(|(number, expression)| (*number, selecting(expression.clone())));
    check_relations("expression", selected.collect()).await;
    let filtered = expressions.into_iter().map(|(number, condition)| {
        let filter = Filter {
            input: one_row(),
            condition: Some(condition),
        };
        (number, relation(RelType::Filter(Box::new(filter))))
    });
    check_relations("condition", filtered.collect()).await;

    let literal = |literal| Expression {
        expr_type: Some(ExprType::Literal(literal)),
        ..Expression::default()
    };
    let literals = kinds(|literal: &Literal| literal.literal_type.is_some());
    let literals = literals
        .into_iter()
        .map(|(number, kind)| (number, selecting(literal(kind))));
    check_relations("literal", literals.collect()).await;

    let types = kinds(|data_type: &DataType| data_type.kind.is_some());
    let casts = types.into_iter().map(|(number, data_type)| {
        let cast = Cast {
            expr: Some(Box::new(literal(Literal::default()))),
            cast_to_type: Some(cast::CastToType::Type(data_type)),
            ..Cast::default()
        };
        let cast = Expression {
            expr_type: Some(ExprType::Cast(Box::new(cast))),
            ..Expression::default()
        };
        (number, selecting(cast))
    });
    check_relations("type", casts.collect()).await;
}

#[tokio::test]
async fn every_command_may_come_empty() {
    let commands = kinds(|command: &Command| command.command_type.is_some());
    let commands = commands
        .into_iter()
        .filter_map(|(number, command)| Some((number, command.command_type?)));
    check_commands("command", commands.collect()).await;

    let writes = kinds(|write: &WriteOperation| write.save_type.is_some());
    let mut written: Vec<(u32, CommandType)> = Vec::new();
    for (number, write) in writes {
        written.push((number, CommandType::WriteOperation(write.clone())));
        let write = WriteOperation {
            input: one_row().map(|input| *input),
            ..write
        };
        written.push((number, CommandType::WriteOperation(write)));
    }
    let nowhere = WriteOperation {
        input: one_row().map(|input| *input),
        save_type: Some(SaveType::Path(String::new())),
        ..WriteOperation::default()
    };
    written.push((0, CommandType::WriteOperation(nowhere)));
    check_commands("write", written).await;

    let ml = kinds(|ml: &MlCommand| ml.command.is_some());
    let ml = ml
        .into_iter()
        .map(|(number, ml)| (number, CommandType::MlCommand(ml)));
    check_commands("ml command", ml.collect()).await;
}

#[tokio::test]
async fn every_question_may_come_empty() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let mut bad = Vec::new();
    for (number, request) in kinds(|request: &AnalyzePlanRequest| request.analyze.is_some()) {
        let answer = analyze(&mut client, request.analyze).await;
        bad.extend(judge(&format!("analysis {number}"), answer));
    }
    for (number, operation) in
        kinds(|operation: &config_request::Operation| operation.op_type.is_some())
    {
        let request = ConfigRequest {
            session_id: client.session_id.clone(),
            user_context: user(),
            operation: Some(operation),
            ..ConfigRequest::default()
        };
        let answer = client.rpc.config(request).await.map(drop);
        bad.extend(judge(&format!("configuration {number}"), answer));
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.check_alive().await;
}
