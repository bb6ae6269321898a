//! The `Config` RPC: every operation on the session's configuration, as Apache Spark answers it.
//!
//! Knows no key; what may be set is the engine's.

use sparring_engine::{Conf, Error, Exception, Result};
use sparring_proto::connect::KeyValue;
use sparring_proto::connect::config_request::operation::OpType;
use sparring_proto::connect::config_request::{self as request, Operation};

/// Pairs and warnings of the answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) pairs: Vec<KeyValue>,
    pub(super) warnings: Vec<String>,
}

/// Carries out one operation.
pub(super) fn operate(conf: &Conf, operation: Option<Operation>) -> Result<Answer> {
    let Some(operation) = operation.and_then(|operation| operation.op_type) else {
        // Spark prints the unset operation as nothing.
        return Err(Error::plain(
            Exception::UnsupportedOperation,
            " not supported.",
        ));
    };
    match operation {
        OpType::Set(request) => set(conf, request),
        OpType::Get(request) => pairs(request.keys, |key| conf.get(key)),
        OpType::GetOption(request) => pairs(request.keys, |key| Ok(conf.option(key))),
        OpType::GetWithDefault(request) => request
            .pairs
            .into_iter()
            .map(|pair| {
                Ok(KeyValue {
                    value: conf.get_or(&pair.key, pair.value)?,
                    key: pair.key,
                })
            })
            .collect::<Result<_>>()
            .map(answer),
        OpType::GetAll(request) => Ok(answer(
            conf.all(request.prefix.as_deref().unwrap_or_default())
                .into_iter()
                .map(|(key, value)| KeyValue {
                    key,
                    value: Some(value),
                })
                .collect(),
        )),
        OpType::Unset(request) => {
            for key in &request.keys {
                conf.unset(key)?;
            }
            Ok(Answer::default())
        }
        OpType::IsModifiable(request) => pairs(request.keys, |key| {
            Ok(Some(conf.is_modifiable(key).to_string()))
        }),
    }
}

/// Sets pair by pair. With `silent` a key that cannot be set is a warning, in Spark's words.
fn set(conf: &Conf, request: request::Set) -> Result<Answer> {
    let silent = request.silent.unwrap_or(false);
    let mut warnings = Vec::new();
    for KeyValue { key, value } in request.pairs {
        let result = match &value {
            Some(value) => conf.set(&key, value),
            None => Err(Error::plain(
                Exception::IllegalArgument,
                format!("requirement failed: value cannot be null for key: {key}"),
            )),
        };
        match result {
            Ok(()) => {}
            Err(error) if silent => {
                let value =
                    value.map_or_else(|| "None".to_owned(), |value| format!("Some({value})"));
                warnings.push(format!(
                    "Failed to set {key} to {value} due to {}",
                    error.message()
                ));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Answer {
        pairs: Vec::new(),
        warnings,
    })
}

fn pairs(keys: Vec<String>, value: impl Fn(&str) -> Result<Option<String>>) -> Result<Answer> {
    keys.into_iter()
        .map(|key| {
            Ok(KeyValue {
                value: value(&key)?,
                key,
            })
        })
        .collect::<Result<_>>()
        .map(answer)
}

const fn answer(pairs: Vec<KeyValue>) -> Answer {
    Answer {
        pairs,
        warnings: Vec::new(),
    }
}
