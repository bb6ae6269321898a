//! Recorded queries with words taken out, doubled, exchanged or cut: whatever the text, the parser
//! answers or names a place inside of it, and the planner never blames itself.
//!
//! The texts follow from a seed that a failure prints; `SEED=7` tries others, `TEXTS=100000` more.

use std::sync::Arc;
use std::time::Duration;

use sparring_engine::Session;
use sparring_proto::connect::analyze_plan_request::{Analyze, Schema};
use sparring_proto::connect::plan::OpType;
use sparring_proto::connect::relation::RelType;
use sparring_proto::connect::{Plan, Relation, Sql};
use sparring_sql::{Statement, parse_statement};
use sparring_tests::fixture::{self, Request};

use crate::place::{Place, RARELY_PARALLEL, fixtures};

/// How many texts are parsed; those that are still queries are planned.
const TEXTS: usize = 10_000;

const LIMIT: Duration = Duration::from_secs(60);

/// What is put into texts beside their own words.
const ODD: [&str; 12] = [
    "(",
    ")",
    ",",
    "'",
    "`",
    "\"",
    "--",
    "/*",
    "\u{0}",
    "💥",
    "-9223372036854775808",
    "1e999",
];

/// Numbers that look like any and are the same each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % limit.max(1)
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A text in words, numbers and signs, blanks with what they follow.
fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let blanks = rest[length..].len() - rest[length..].trim_start().len();
        let (word, after) = rest.split_at(length + blanks);
        words.push(word);
        rest = after;
    }
    words
}

fn garbled(numbers: &mut Numbers, texts: &[String]) -> String {
    let mut own = words(&texts[numbers.below(texts.len())]);
    let other = words(&texts[numbers.below(texts.len())]);
    for _ in 0..=numbers.below(3) {
        if own.is_empty() {
            break;
        }
        let at = numbers.below(own.len());
        match numbers.below(6) {
            0 => drop(own.remove(at)),
            1 => own.insert(at, own[at]),
            2 => {
                let with = numbers.below(own.len());
                own.swap(at, with);
            }
            3 if !other.is_empty() => own[at] = other[numbers.below(other.len())],
            4 => own.insert(at, ODD[numbers.below(ODD.len())]),
            _ => own.truncate(at + 1),
        }
    }
    own.concat()
}

/// What is wrong with the parser's answer, and whether the text is still a query.
fn parsed(text: &str) -> Result<bool, String> {
    match parse_statement(text) {
        Ok(statement) => Ok(matches!(statement, Statement::Query(_))),
        Err(error) => {
            let n = text.chars().count();
            match usize::try_from(error.start) {
                Ok(start) if start <= n && !error.message().is_empty() => Ok(false),
                _ => Err(format!("{error:?} is not within {n} characters")),
            }
        }
    }
}

/// What is wrong with the planner's answer.
async fn planned(session: Arc<Session>, text: String) -> Option<String> {
    let relation = Relation {
        rel_type: Some(RelType::Sql(Sql {
            query: text,
            ..Sql::default()
        })),
        ..Relation::default()
    };
    let plan = Plan {
        op_type: Some(OpType::Root(relation)),
    };
    let question = Analyze::Schema(Schema { plan: Some(plan) });
    let answer = tokio::spawn(async move { session.analyze(question).await });
    match tokio::time::timeout(LIMIT, answer).await {
        Err(_) => Some("no answer within a minute".to_owned()),
        Ok(Err(panic)) => Some(format!("panicked: {panic}")),
        Ok(Ok(Err(error))) if error.class() == Some("INTERNAL_ERROR") => Some(error.to_string()),
        Ok(Ok(_)) => None,
    }
}

#[test]
fn garbled_queries_are_answered_or_refused_with_a_place() {
    let seed = number("SEED").unwrap_or(20_261_129);
    let n_texts = number("TEXTS").and_then(|n| usize::try_from(n).ok());
    let texts: Vec<String> = fixture::read_all(&fixtures(), "slt")
        .expect("readable fixtures")
        .iter()
        .flat_map(|file| &file.cases)
        .flat_map(|case| &case.steps)
        .filter_map(|step| match &step.request {
            Request::Sql(text) => Some(text.clone()),
            Request::Conf(..) | Request::Execute(_) | Request::Analyze(_) => None,
        })
        .collect();
    let mut numbers = Numbers(seed.max(1));
    let place = Place::new("garbled", RARELY_PARALLEL);
    let session = place.session();
    let (mut n_queries, mut wrong) = (0, Vec::new());
    for _ in 0..n_texts.unwrap_or(TEXTS) {
        let text = garbled(&mut numbers, &texts);
        let fault = match parsed(&text) {
            Ok(false) => None,
            Ok(true) => {
                n_queries += 1;
                let answer = planned(Arc::clone(&session), text.clone());
                place.wait(answer).expect("panics are answers")
            }
            Err(fault) => Some(fault),
        };
        wrong.extend(fault.map(|fault| format!("{text}\n  {fault}")));
    }
    println!("{n_queries} garbled texts were still queries");
    assert!(n_queries > 0, "nothing was planned");
    assert!(
        wrong.is_empty(),
        "SEED={seed}: {} of the texts\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
