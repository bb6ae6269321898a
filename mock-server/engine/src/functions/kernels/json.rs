//! JSON text: a parser that keeps numbers as they were written and keys as often as they came, as
//! Jackson shows them to Spark, and the way back.

use super::text;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// The digits as they were written.
    Number(String),
    Text(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Nesting deeper than this is no JSON for us; Jackson stops at 1000, too.
const MAX_DEPTH: usize = 1000;

/// The value that begins a text; what follows it is ignored, as Spark's parsers do.
pub(crate) fn parse(text: &str, unquoted_names: bool) -> Option<Value> {
    parse_with(text, unquoted_names, true)
}

/// [`parse`] by the letter of the standard: texts stand in double quotes.
pub(crate) fn parse_strictly(text: &str) -> Option<Value> {
    parse_with(text, false, false)
}

/// [`parse`] where names may stand without quotes, and texts in single ones.
pub(crate) fn parse_with(text: &str, unquoted_names: bool, single_quotes: bool) -> Option<Value> {
    let mut parser = Parser {
        text,
        at: 0,
        unquoted_names,
        single_quotes,
    };
    parser.value(0)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    unquoted_names: bool,
    single_quotes: bool,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&mut self) -> Option<u8> {
        let blanks = self
            .rest()
            .bytes()
            .take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
            .count();
        self.at += blanks;
        self.rest().bytes().next()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
        }
        found
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let follows = self.rest().strip_prefix(word)?;
        if follows.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return None;
        }
        self.at += word.len();
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                if self.eat(b']') {
                    return Some(Value::Array(items));
                }
                loop {
                    items.push(self.value(depth + 1)?);
                    if self.eat(b']') {
                        return Some(Value::Array(items));
                    }
                    if !self.eat(b',') {
                        return None;
                    }
                }
            }
            b'\'' if !self.single_quotes => None,
            quote @ (b'"' | b'\'') => self.string(quote).map(Value::Text),
            b't' => self.word("true").map(|()| Value::Bool(true)),
            b'f' => self.word("false").map(|()| Value::Bool(false)),
            b'n' => self.word("null").map(|()| Value::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut members = Vec::new();
        if self.eat(b'}') {
            return Some(Value::Object(members));
        }
        loop {
            let name = match self.peek()? {
                b'\'' if !self.single_quotes => return None,
                quote @ (b'"' | b'\'') => self.string(quote)?,
                _ if self.unquoted_names => {
                    let length = self
                        .rest()
                        .bytes()
                        .take_while(|b| b.is_ascii_alphanumeric() || b"_$-".contains(b))
                        .count();
                    let name = self.rest().get(..length)?.to_owned();
                    self.at += length;
                    (!name.is_empty()).then_some(name)?
                }
                _ => return None,
            };
            if !self.eat(b':') {
                return None;
            }
            members.push((name, self.value(depth + 1)?));
            if self.eat(b'}') {
                return Some(Value::Object(members));
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn string(&mut self, quote: u8) -> Option<String> {
        self.at += 1;
        let mut out = String::new();
        let text = self.text;
        let mut chars = text.get(self.at..)?.char_indices();
        loop {
            let (offset, c) = chars.next()?;
            match c {
                c if c == char::from(quote) => {
                    self.at += offset + 1;
                    return Some(out);
                }
                '\\' => {
                    let (_, escape) = chars.next()?;
                    out.push(match escape {
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => {
                            let high = hex(&mut chars)?;
                            let code = if (0xD800..0xDC00).contains(&high) {
                                let pair = (chars.next()?.1, chars.next()?.1);
                                if pair != ('\\', 'u') {
                                    return None;
                                }
                                let low = hex(&mut chars)?;
                                0x10000 + ((high - 0xD800) << 10) + low.checked_sub(0xDC00)?
                            } else {
                                high
                            };
                            char::from_u32(code)?
                        }
                        '"' | '\'' | '\\' | '/' => escape,
                        _ => return None,
                    });
                }
                c if c < ' ' => return None,
                c => out.push(c),
            }
        }
    }

    fn number(&mut self) -> Option<Value> {
        let length = self
            .rest()
            .bytes()
            .take_while(|b| b.is_ascii_digit() || b"+-.eE".contains(b))
            .count();
        let digits = self.rest().get(..length)?;
        let unsigned = digits.strip_prefix('-').unwrap_or(digits);
        let whole = unsigned.bytes().take_while(u8::is_ascii_digit).count();
        let leading_zero = whole > 1 && unsigned.starts_with('0');
        if whole == 0 || leading_zero || digits.ends_with('.') || digits.parse::<f64>().is_err() {
            return None;
        }
        let found = Value::Number(digits.to_owned());
        self.at += length;
        if self
            .rest()
            .starts_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            return None;
        }
        Some(found)
    }
}

fn hex(chars: &mut std::str::CharIndices<'_>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + chars.next()?.1.to_digit(16)?;
    }
    Some(code)
}

/// Text as a JSON string.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A number as Jackson copies it: whole ones as they are, others as a double.
fn number(digits: &str) -> String {
    if digits.contains(['.', 'e', 'E']) {
        digits
            .parse()
            .map_or_else(|_| digits.to_owned(), text::double)
    } else {
        digits.to_owned()
    }
}

impl Value {
    /// The value as compact JSON.
    pub(crate) fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(digits) => out.push_str(&number(digits)),
            Self::Text(text) => quote(text, out),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    quote(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The value as a column of text has it: strings bare, null none, all else JSON.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Text(text) => Some(text.clone()),
            other => {
                let mut out = String::new();
                other.write(&mut out);
                Some(out)
            }
        }
    }

    /// The first member of a name.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        let mut members = self.members().iter();
        members.find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// The last member of a name.
    pub(crate) fn last_member(&self, name: &str) -> Option<&Value> {
        let mut members = self.members().iter().rev();
        members.find(|(n, _)| n == name).map(|(_, v)| v)
    }

    fn members(&self) -> &[(String, Value)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }
}

/// One step of a path such as `$.a[0]['b'][*]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(usize),
    Every,
}

/// The steps of a path; `None` if it is none.
pub(crate) fn path(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, tail) = after.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(match name {
                "*" => Step::Every,
                name => Step::Name(name.to_owned()),
            });
            rest = tail;
            continue;
        }
        let after = rest.strip_prefix('[')?;
        if let Some(quoted) = after.strip_prefix('\'') {
            let (name, tail) = quoted.split_once("']")?;
            steps.push(Step::Name(name.to_owned()));
            rest = tail;
        } else {
            let (index, tail) = after.split_once(']')?;
            steps.push(match index {
                "*" => Step::Every,
                index => Step::Index(index.parse().ok()?),
            });
            rest = tail;
        }
    }
    Some(steps)
}

/// What lies at a path, as text.
pub(crate) fn at_path(value: &Value, steps: &[Step]) -> Option<String> {
    let mut found = Vec::new();
    let many = collect(value, steps, &mut found);
    match (found.as_slice(), many) {
        ([], _) => None,
        ([one], _) => one.text(),
        (_, false) => None,
        (several, true) => Value::Array(several.iter().map(|v| (*v).clone()).collect()).text(),
    }
}

fn collect<'a>(value: &'a Value, steps: &[Step], found: &mut Vec<&'a Value>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        found.push(value);
        return false;
    };
    match (step, value) {
        (Step::Name(name), Value::Object(_)) => {
            value.member(name).is_some_and(|v| collect(v, rest, found))
        }
        (Step::Index(index), Value::Array(items)) => {
            items.get(*index).is_some_and(|v| collect(v, rest, found))
        }
        (Step::Every, Value::Array(items)) => {
            if rest.is_empty() {
                found.push(value);
                return false;
            }
            for item in items {
                collect(item, rest, found);
            }
            true
        }
        // A name goes through an array to the members of its items.
        (Step::Name(_), Value::Array(items)) if !items.is_empty() => {
            for item in items {
                if matches!(item, Value::Object(_)) {
                    collect(item, steps, found);
                }
            }
            true
        }
        _ => false,
    }
}
