//! Paths into variants: `$.a[0]["b"]`.

use super::{Kind, Variant};
use crate::error::Result;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    Path,
    /// An index that is no int, as Java complains of it.
    Index(String),
}

/// The steps of a path.
pub(crate) fn parse(text: &str) -> Result<Vec<Step>, Wrong> {
    let mut rest = text.strip_prefix('$').ok_or(Wrong::Path)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            if name.is_empty() {
                return Err(Wrong::Path);
            }
            steps.push(Step::Name(name.to_owned()));
            rest = tail;
            continue;
        }
        let after = rest.strip_prefix('[').ok_or(Wrong::Path)?;
        let quoted = ['\'', '"'].into_iter().find_map(|quote| {
            let (name, tail) = after.strip_prefix(quote)?.split_once(quote)?;
            Some((name, tail.strip_prefix(']')?))
        });
        if let Some((name, tail)) = quoted {
            if name.is_empty() {
                return Err(Wrong::Path);
            }
            steps.push(Step::Name(name.to_owned()));
            rest = tail;
            continue;
        }
        let (index, tail) = after.split_once(']').ok_or(Wrong::Path)?;
        if index.is_empty() || !index.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Wrong::Path);
        }
        match index
            .parse::<i32>()
            .ok()
            .and_then(|index| usize::try_from(index).ok())
        {
            Some(index) => steps.push(Step::Index(index)),
            None => return Err(Wrong::Index(index.to_owned())),
        }
        rest = tail;
    }
    Ok(steps)
}

/// What lies at a path.
pub(crate) fn walk<'a>(variant: Variant<'a>, steps: &[Step]) -> Result<Option<Variant<'a>>> {
    let mut at = variant;
    for step in steps {
        let found = match (step, at.kind()?) {
            (Step::Name(name), Kind::Object(members)) => members
                .into_iter()
                .find(|(known, _)| known == name)
                .map(|(_, member)| member),
            (Step::Index(index), Kind::Array(items)) => items.get(*index).copied(),
            _ => None,
        };
        match found {
            Some(found) => at = found,
            None => return Ok(None),
        }
    }
    Ok(Some(at))
}
