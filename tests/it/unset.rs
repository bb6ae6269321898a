//! Recorded plans with one field taken away: whatever a client forgets to set, the engine answers
//! or says what is missing, and neither panics nor hangs.
//!
//! Fields are found in the encoded message, without its schema: what looks like a message is taken
//! apart as one, and a text that happens to look like one is a field like any other. Each field is
//! taken away once in each kind of surroundings; with `EVERY=1` in every recorded plan (24,000
//! plans, ten minutes).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use prost::Message as _;
use sparring_engine::{Error, Session};
use sparring_proto::connect::Plan;
use sparring_tests::fixture::{self, Request};

use crate::place::{Place, RARELY_PARALLEL, fixtures};

/// How long one plan may take. The recorded ones take milliseconds.
const PLAN_LIMIT: Duration = Duration::from_secs(20);

/// How deep fields are taken away; what is further down is the same in other plans.
const DEPTH: usize = 12;

struct Field {
    key: Vec<u8>,
    content: Content,
}

enum Content {
    Scalar(Vec<u8>),
    Bytes(Vec<u8>),
    Message(Vec<Field>),
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index).min(63);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// The fields of an encoded message, if it can be one.
fn fields(mut bytes: &[u8], depth: usize) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (tag, key_bytes) = varint(bytes)?;
        if tag >> 3 == 0 || tag >> 3 > 1000 {
            return None;
        }
        let rest = bytes.get(key_bytes..)?;
        let (content, used) = match tag & 7 {
            0 => {
                let (_, length) = varint(rest)?;
                (Content::Scalar(rest.get(..length)?.to_vec()), length)
            }
            1 => (Content::Scalar(rest.get(..8)?.to_vec()), 8),
            5 => (Content::Scalar(rest.get(..4)?.to_vec()), 4),
            2 => {
                let (length, length_bytes) = varint(rest)?;
                let end = length_bytes.checked_add(usize::try_from(length).ok()?)?;
                let inner = rest.get(length_bytes..end)?;
                let message = (depth > 0)
                    .then(|| self::fields(inner, depth - 1))
                    .flatten();
                let content = match message {
                    Some(message) => Content::Message(message),
                    None => Content::Bytes(inner.to_vec()),
                };
                (content, end)
            }
            _ => return None,
        };
        fields.push(Field {
            key: bytes.get(..key_bytes)?.to_vec(),
            content,
        });
        bytes = rest.get(used..)?;
    }
    Some(fields)
}

/// How much of the way to a field tells its surroundings: the messages above it.
const SURROUNDINGS: usize = 5;

/// The way to each field, in the order of encoding.
fn ways(fields: &[Field], above: &[u8], ways: &mut Vec<Vec<u8>>) {
    for field in fields {
        let way = [above, field.key.as_slice()].concat();
        ways.push(way[way.len().saturating_sub(SURROUNDINGS)..].to_vec());
        if let Content::Message(inner) = &field.content {
            self::ways(inner, &way, ways);
        }
    }
}

/// The encoded message without its field number `left_out`, counted in the order of encoding.
fn encoded(fields: &[Field], left_out: &mut usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        let is_left_out = *left_out == 0;
        *left_out = left_out.wrapping_sub(1);
        if is_left_out {
            continue;
        }
        let inner = match &field.content {
            Content::Scalar(value) => {
                bytes.extend(&field.key);
                bytes.extend(value);
                continue;
            }
            Content::Bytes(inner) => inner.clone(),
            Content::Message(inner) => encoded(inner, left_out),
        };
        bytes.extend(&field.key);
        prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
        bytes.extend(inner);
    }
    bytes
}

/// The plan without each of its fields that `is_wanted`, by the way to it.
fn mutilated(plan: &Plan, mut is_wanted: impl FnMut(Vec<u8>) -> bool) -> Vec<Plan> {
    let bytes = plan.encode_to_vec();
    let fields = fields(&bytes, DEPTH).expect("an encoded message");
    let mut ways = Vec::new();
    self::ways(&fields, &[], &mut ways);
    ways.into_iter()
        .enumerate()
        .filter_map(|(mut left_out, way)| is_wanted(way).then(|| encoded(&fields, &mut left_out)))
        .filter_map(|bytes| Plan::decode(bytes.as_slice()).ok())
        .collect()
}

async fn run(session: Arc<Session>, plan: Arc<Plan>) -> Result<(), Error> {
    let mut execution = session.execute(&plan).await?;
    if let Some(rows) = &mut execution.rows {
        while let Some(batch) = rows.batches.next().await {
            batch?;
        }
    }
    Ok(())
}

#[test]
fn a_field_that_is_not_set_is_answered_or_named() {
    let area = std::env::var("AREA").unwrap_or_default();
    let every = std::env::var_os("EVERY").is_some();
    let (mut ways, mut seen) = (HashSet::new(), HashSet::new());
    let mut bad = Vec::new();
    let mut n_plans = 0;
    for file in fixture::read_all(&fixtures(), &area).expect("readable fixtures") {
        if file.one_session {
            continue;
        }
        let place = Place::new(&file.name, RARELY_PARALLEL);
        for case in &file.cases {
            let plans = case.steps.iter().filter_map(|step| match &step.request {
                Request::Execute(plan) => Some(plan),
                Request::Conf(..) | Request::Sql(_) | Request::Analyze(_) => None,
            });
            let session = place.session();
            for plan in plans.flat_map(|plan| mutilated(plan, |way| ways.insert(way) || every)) {
                if !seen.insert(plan.encode_to_vec()) {
                    continue;
                }
                n_plans += 1;
                let plan = Arc::new(plan);
                let work = run(Arc::clone(&session), Arc::clone(&plan));
                let limited = async { tokio::time::timeout(PLAN_LIMIT, work).await };
                let found = match place.wait(limited) {
                    Err(panic) => format!("it panics: {panic}"),
                    Ok(Err(_)) => "it takes too long".to_owned(),
                    Ok(Ok(Err(error))) if error.message().trim().is_empty() => {
                        "it is refused without a word".to_owned()
                    }
                    Ok(Ok(_)) => continue,
                };
                bad.push(format!("{} {}: {found}: {plan:?}", file.name, case.id));
            }
        }
    }
    assert!(n_plans > 0, "no plan was tried");
    assert!(
        bad.is_empty(),
        "{} of {n_plans}:\n{}",
        bad.len(),
        bad.join("\n")
    );
    println!("{n_plans} plans");
}
