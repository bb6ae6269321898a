//! `sentences`: text as sentences of words, by the break rules of Java's `BreakIterator`, which are
//! older than Unicode's.
//!
//! Java's rules are the same for all the languages that it is asked for here; Thai, which has a
//! dictionary of its own, is refused.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::builder::{ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::rows::with_defaults;
use crate::plan::typed::Typed;
use crate::types::arrow::list;

pub(super) fn sentences(call: &Call<'_>) -> Result<Typed> {
    call.arity(1..=3)?;
    let empty = || Typed::literal(ScalarValue::Utf8(Some(String::new())), DataType::Utf8, "");
    let call = with_defaults(call, 3, &[empty(), empty()]);
    let text = call.implicit(0, &DataType::Utf8)?;
    for index in [1, 2] {
        call.implicit(index, &DataType::Utf8)?;
    }
    let word = Field::new("element", DataType::Utf8, false);
    let sentence = Field::new("element", list(DataType::Utf8, false), false);
    let result = DataType::List(Arc::new(sentence.clone()));
    Ok(Kernel::typed(
        "sentences",
        "",
        (result, true),
        vec![text.expr],
        call.default_name(),
        move |args| {
            let texts = args.array(0)?;
            let words = ListBuilder::new(StringBuilder::new()).with_field(word.clone());
            let mut out = ListBuilder::new(words).with_field(sentence.clone());
            for text in texts.as_string::<i32>() {
                for sentence in text.map(split).transpose()?.unwrap_or_default() {
                    let found = words_of(&sentence);
                    for word in found {
                        out.values().values().append_value(word);
                    }
                    out.values().append(true);
                }
                out.append(text.is_some());
            }
            Ok(Arc::new(out.finish()))
        },
    ))
}

fn ends_always(c: char) -> bool {
    matches!(c, '!' | '?' | '。' | '！' | '？')
}

fn ends_maybe(c: char) -> bool {
    matches!(c, '.' | '．')
}

fn closes(c: char) -> bool {
    matches!(
        c,
        ')' | ']' | '}' | '"' | '\'' | '»' | '”' | '’' | '」' | '』' | '）' | '】'
    )
}

fn opens(c: char) -> bool {
    matches!(
        c,
        '(' | '[' | '{' | '"' | '\'' | '«' | '“' | '‘' | '「' | '『' | '（' | '【'
    )
}

/// The sentences. After a full stop a new one begins only behind a blank and before an opening mark
/// or a letter that is not small.
fn split(text: &str) -> Result<Vec<String>> {
    if text.chars().any(|c| ('\u{e00}'..='\u{e7f}').contains(&c)) {
        return Err(Error::unsupported("`sentences` of Thai text"));
    }
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut current = String::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        current.push(c);
        at += 1;
        if c == '\u{2029}' {
            found.push(std::mem::take(&mut current));
            continue;
        }
        if !ends_always(c) && !ends_maybe(c) {
            continue;
        }
        let mut always = ends_always(c);
        let run = |at: usize, is: &dyn Fn(char) -> bool| {
            chars
                .get(at..)
                .map_or(0, |rest| rest.iter().take_while(|c| is(**c)).count())
        };
        let terms = run(at, &|c| ends_always(c) || ends_maybe(c));
        always |= chars[at..at + terms].iter().any(|c| ends_always(*c));
        let closing = run(at + terms, &closes);
        let blanks = run(at + terms + closing, &char::is_whitespace);
        let next = at + terms + closing + blanks;
        let begins = chars
            .get(next)
            .is_none_or(|c| opens(*c) || (c.is_alphabetic() && !c.is_lowercase()));
        if always || (begins && (blanks > 0 || next >= chars.len())) {
            current.extend(&chars[at..next]);
            at = next;
            found.push(std::mem::take(&mut current));
        }
    }
    if !current.is_empty() {
        found.push(current);
    }
    Ok(found)
}

/// What a letter belongs to; runs of one kind stay together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Hiragana,
    Katakana,
    Kanji,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        'ぁ'..='ゖ' | 'ゝ' | 'ゞ' => Kind::Hiragana,
        'ァ'..='ヺ' | 'ー' | 'ヽ' | 'ヾ' => Kind::Katakana,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '々' => Kind::Kanji,
        c if c.is_alphabetic() || matches!(c, '_' | '‿' | '⁀') => Kind::Letter,
        c if c.is_numeric() => Kind::Digit,
        _ => Kind::Other,
    }
}

/// The words of a sentence: those pieces that begin with a letter or a digit.
fn words_of(sentence: &str) -> Vec<String> {
    let chars: Vec<char> = sentence.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let end = piece(&chars, at).max(at + 1);
        if chars[at].is_alphanumeric() {
            found.push(chars[at..end].iter().collect());
        }
        at = end;
    }
    found
}

/// Where the piece that begins here ends: runs of letters joined by marks inside of words, of
/// digits joined by marks inside of numbers, both in turns, with a currency before or a percent
/// sign behind.
fn piece(chars: &[char], start: usize) -> usize {
    let kind_at = |at: usize| chars.get(at).map_or(Kind::Other, |c| kind(*c));
    let run = |from: usize, wanted: Kind| {
        let mut at = from;
        while kind_at(at) == wanted && at < chars.len() {
            at += 1;
        }
        at
    };
    let joined = |from: usize, wanted: Kind, inside: &dyn Fn(char) -> bool| {
        let mut at = run(from, wanted);
        while at > from && chars.get(at).is_some_and(|c| inside(*c)) && kind_at(at + 1) == wanted {
            at = run(at + 1, wanted);
        }
        at
    };
    let in_word = |c: char| matches!(c, '-' | '\u{ad}' | '‐'..='―' | '‧' | '"' | '\'' | '.');
    let in_number = |c: char| matches!(c, '"' | '\'' | ',' | '.' | '٫');
    if let same @ (Kind::Hiragana | Kind::Katakana | Kind::Kanji) = kind_at(start) {
        return run(start, same);
    }
    let mut at = start;
    let before = chars
        .get(start)
        .is_some_and(|c| matches!(c, '$' | '£' | '¥' | '€' | '¢' | '#' | '.'));
    if before && kind_at(start + 1) == Kind::Digit {
        at += 1;
    }
    loop {
        let from = at;
        at = joined(at, Kind::Letter, &in_word);
        at = joined(at, Kind::Digit, &in_number);
        if at == from {
            break;
        }
    }
    let behind = chars
        .get(at)
        .is_some_and(|c| matches!(c, '%' | '&' | '٪' | '‰' | '‱' | '¢'));
    if at > start && behind && kind_at(at - 1) == Kind::Digit {
        at += 1;
    }
    at
}
