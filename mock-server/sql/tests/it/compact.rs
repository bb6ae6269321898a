//! Statements for fixtures: their `Debug` text without what is unset, and with short expressions.
//!
//! Reading the `Debug` text back means that a new field of a statement shows up in the fixtures by itself.

/// A value in `Debug` notation.
enum Value {
    Atom(String),
    List(Vec<Value>),
    Tuple(String, Vec<Value>),
    Struct(String, Vec<(String, Value)>),
}

/// The compact notation of anything with `Debug`.
pub(crate) fn compact(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let mut reader = Reader { rest: &text };
    let value = reader.value();
    show(&value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Value {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') || self.rest.starts_with("b\"") {
            return Value::Atom(self.string());
        }
        if self.skip("[") {
            return Value::List(self.items("]"));
        }
        if self.rest.starts_with('{') {
            return Value::Struct(String::new(), self.fields());
        }
        let end = self
            .rest
            .find([' ', ',', '(', '{', '}', ')', ']', ':'])
            .unwrap_or(self.rest.len());
        let name = self.rest[..end].to_string();
        self.rest = &self.rest[end..];
        assert!(
            !name.is_empty() || self.rest.starts_with('('),
            "no value: {}",
            self.rest
        );
        if self.rest.starts_with('(') && self.skip("(") {
            return Value::Tuple(name, self.items(")"));
        }
        if self.rest.starts_with(" {") {
            return Value::Struct(name, self.fields());
        }
        Value::Atom(name)
    }

    fn string(&mut self) -> String {
        let start = self.rest.find('"').expect("a quote") + 1;
        let mut escaped = false;
        for (at, c) in self.rest[start..].char_indices() {
            match c {
                '\\' if !escaped => escaped = true,
                '"' if !escaped => {
                    let text = self.rest[..start + at + 1].to_string();
                    self.rest = &self.rest[start + at + 1..];
                    return text;
                }
                _ => escaped = false,
            }
        }
        panic!("a string without end: {}", self.rest)
    }

    fn items(&mut self, end: &str) -> Vec<Value> {
        let mut items = Vec::new();
        while !self.skip(end) {
            assert!(!self.rest.is_empty(), "no {end} found");
            items.push(self.value());
            self.skip(",");
        }
        items
    }

    fn fields(&mut self) -> Vec<(String, Value)> {
        assert!(self.skip("{"));
        let mut fields = Vec::new();
        while !self.skip("}") {
            assert!(!self.rest.is_empty(), "no brace found");
            self.rest = self.rest.trim_start();
            let name = if self.rest.starts_with('"') {
                self.string()
            } else {
                let end = self.rest.find(':').expect("a field");
                let name = self.rest[..end].to_string();
                self.rest = &self.rest[end..];
                name
            };
            assert!(self.skip(":"));
            fields.push((name, self.value()));
            self.skip(",");
        }
        fields
    }
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Atom(text) => matches!(text.as_str(), "None" | "false" | "\"\"" | "Unspecified"),
        Value::List(items) => items.is_empty(),
        Value::Tuple(..) => false,
        Value::Struct(name, fields) => name.is_empty() && fields.is_empty(),
    }
}

fn field<'a>(fields: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    fields
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value)
}

fn plain(value: Option<&Value>) -> String {
    value
        .map(show)
        .unwrap_or_default()
        .trim_matches('"')
        .to_string()
}

fn show(value: &Value) -> String {
    match value {
        Value::Atom(text) => text.clone(),
        Value::List(items) => format!("[{}]", join(items)),
        Value::Tuple(name, items) if name == "Some" || name.is_empty() && items.len() == 1 => {
            join(items)
        }
        Value::Tuple(name, items) if name.is_empty() => format!("({})", join(items)),
        Value::Tuple(name, items) => match items.as_slice() {
            // `Variant(Struct {…})` says its name twice.
            [Value::Struct(..)] => join(items),
            _ if ["Type", "Integer", "Long", "String", "Double", "Boolean"]
                .contains(&name.as_str()) =>
            {
                join(items)
            }
            _ => format!("{name}({})", join(items)),
        },
        Value::Struct(name, fields) => match name.as_str() {
            "UnresolvedAttribute" => plain(field(fields, "unparsed_identifier")),
            "NamedTable" if is_unset(field(fields, "options").expect("options")) => {
                format!("Table {}", plain(field(fields, "unparsed_identifier")))
            }
            "UnresolvedFunction" => {
                let mut out = format!("({}", plain(field(fields, "function_name")));
                if let Some(Value::List(arguments)) = field(fields, "arguments") {
                    for argument in arguments {
                        out.push(' ');
                        out.push_str(&show(argument));
                    }
                }
                out + ")"
            }
            _ => {
                let shown: Vec<_> = fields
                    .iter()
                    .filter(|(name, value)| {
                        !is_unset(value) && name != "origin" && name != "type_variation_reference"
                    })
                    .filter(|(name, value)| name != "common" || show(value).contains("plan_id"))
                    .collect();
                match shown.as_slice() {
                    [(_, only)]
                        if ["Expression", "Relation", "DataType", "Literal", "Read"]
                            .contains(&name.as_str()) =>
                    {
                        show(only)
                    }
                    [] => name.clone(),
                    _ => {
                        let text: Vec<_> = shown
                            .iter()
                            .map(|(name, value)| format!("{name}: {}", show(value)))
                            .collect();
                        format!("{name} {{{}}}", text.join(", "))
                            .trim_start()
                            .to_string()
                    }
                }
            }
        },
    }
}

fn join(items: &[Value]) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(", ")
}
