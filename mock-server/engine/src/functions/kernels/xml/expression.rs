//! XPath 1.0 as text: tokens and the tree of an expression.

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Number(f64),
    Text(String),
    /// An operator between two.
    Binary(&'static str, Box<Expression>, Box<Expression>),
    Negative(Box<Expression>),
    Call(String, Vec<Expression>),
    /// Where a path starts, and its steps.
    Path(Start, Vec<Step>),
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Start {
    Root,
    Here,
    /// The nodes of an expression, after its predicates.
    Nodes(Box<Expression>, Vec<Expression>),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) axis: Axis,
    pub(crate) test: Test,
    pub(crate) predicates: Vec<Expression>,
}

/// Which way a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    Parent,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
    Following,
    Preceding,
    Attribute,
    SelfNode,
}

/// Which nodes a step takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    /// `*`.
    Any,
    Name(String),
    /// `prefix:*`.
    Prefix(String),
    Node,
    Text,
    Comment,
    Instruction,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Number(f64),
    Text(String),
    Symbol(&'static str),
}

/// Why a text is no expression, in Java's words.
pub(crate) type Wrong = String;

const SYMBOLS: [&str; 22] = [
    "::", "//", "..", "!=", "<=", ">=", "/", "(", ")", "[", "]", ".", "@", ",", "|", "+", "-", "=",
    "<", ">", "*", "$",
];

fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let mut out: Vec<Token> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let starts_number = c.is_ascii_digit()
            || (c == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit()));
        if starts_number {
            let end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(rest.len());
            let number = rest[..end].parse();
            out.push(Token::Number(number.map_err(|_| unexpected(&rest[..end]))?));
            rest = rest[end..].trim_start();
            continue;
        }
        if c == '"' || c == '\'' {
            let end = rest[1..].find(c).ok_or_else(|| unexpected(rest))?;
            out.push(Token::Text(rest[1..=end].to_owned()));
            rest = rest[end + 2..].trim_start();
            continue;
        }
        if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            out.push(Token::Symbol(symbol));
            rest = rest[symbol.len()..].trim_start();
            continue;
        }
        if c.is_alphabetic() || c == '_' {
            let mut end = name_end(rest);
            // A prefix belongs to its name, unless two colons tell an axis.
            if rest[end..].starts_with(':') && !rest[end..].starts_with("::") {
                let local = &rest[end + 1..];
                end += 1 + if local.starts_with('*') {
                    1
                } else {
                    name_end(local)
                };
            }
            out.push(Token::Name(rest[..end].to_owned()));
            rest = rest[end..].trim_start();
            continue;
        }
        return Err(unexpected(&c.to_string()));
    }
    Ok(out)
}

fn name_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .unwrap_or(text.len())
}

fn unexpected(token: &str) -> Wrong {
    format!("A location path was expected, but the following token was encountered:  {token}")
}

fn ended() -> Wrong {
    "A location path was expected, but the end of the XPath expression was found instead."
        .to_owned()
}

/// The expression of a text.
pub(crate) fn parse(text: &str) -> Result<Expression, Wrong> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let found = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(found),
        Some(token) => Err(format!("Extra illegal tokens: {}", shown(token))),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("'{name}'"),
        Token::Number(number) => format!("'{number}'"),
        Token::Text(text) => format!("''{text}''"),
        Token::Symbol(symbol) => format!("'{symbol}'"),
    }
}

/// Operators by how tightly they bind, loosest first.
const LEVELS: [&[&str]; 7] = [
    &["or"],
    &["and"],
    &["=", "!="],
    &["<", "<=", ">", ">="],
    &["+", "-"],
    &["*", "div", "mod"],
    &["|"],
];
const UNION: usize = 6;
const MAX_DEPTH: usize = 200;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn is(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Wrong> {
        if self.eat(symbol) {
            return Ok(());
        }
        Err(match self.tokens.get(self.at) {
            Some(token) => format!(
                "Expected {symbol}, but found:  {}",
                shown(token).trim_matches('\'')
            ),
            None => ended(),
        })
    }

    fn binary(&mut self, level: usize) -> Result<Expression, Wrong> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ended());
        }
        let mut left = self.operand(level)?;
        while let Some(operator) = self.operator(level) {
            self.at += 1;
            let right = self.operand(level)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self, level: usize) -> Result<Expression, Wrong> {
        if level == UNION {
            return self.path();
        }
        // The sign stands between products and unions.
        if level + 1 == UNION && self.eat("-") {
            return Ok(Expression::Negative(Box::new(self.operand(level)?)));
        }
        self.binary(level + 1)
    }

    fn operator(&self, level: usize) -> Option<&'static str> {
        let found = match self.tokens.get(self.at)? {
            Token::Symbol(symbol) => *symbol,
            Token::Name(name) => name.as_str(),
            _ => return None,
        };
        LEVELS
            .get(level)?
            .iter()
            .find(|known| **known == found)
            .copied()
    }

    fn path(&mut self) -> Result<Expression, Wrong> {
        if self.eat("//") {
            let mut steps = vec![any_descendant()];
            self.steps(&mut steps)?;
            return Ok(Expression::Path(Start::Root, steps));
        }
        if self.eat("/") {
            let mut steps = Vec::new();
            if self.starts_step() {
                self.steps(&mut steps)?;
            }
            return Ok(Expression::Path(Start::Root, steps));
        }
        let Some(primary) = self.primary()? else {
            let mut steps = Vec::new();
            self.steps(&mut steps)?;
            return Ok(Expression::Path(Start::Here, steps));
        };
        let mut predicates = Vec::new();
        self.predicates(&mut predicates)?;
        let mut steps = Vec::new();
        if self.eat("//") {
            steps.push(any_descendant());
            self.steps(&mut steps)?;
        } else if self.eat("/") {
            self.steps(&mut steps)?;
        }
        if predicates.is_empty() && steps.is_empty() {
            return Ok(primary);
        }
        Ok(Expression::Path(
            Start::Nodes(Box::new(primary), predicates),
            steps,
        ))
    }

    /// A constant, a call or something in parentheses; none where a step begins.
    fn primary(&mut self) -> Result<Option<Expression>, Wrong> {
        let next_opens = matches!(self.tokens.get(self.at + 1), Some(Token::Symbol("(")));
        let found = match self.tokens.get(self.at) {
            Some(Token::Number(number)) => Expression::Number(*number),
            Some(Token::Text(text)) => Expression::Text(text.clone()),
            Some(Token::Symbol("(")) => {
                self.at += 1;
                let inner = self.binary(0)?;
                self.expect(")")?;
                return Ok(Some(inner));
            }
            Some(Token::Name(name)) if next_opens && !is_node_type(name) => {
                let name = name.clone();
                self.at += 2;
                let mut arguments = Vec::new();
                if !self.eat(")") {
                    loop {
                        arguments.push(self.binary(0)?);
                        if self.eat(")") {
                            break;
                        }
                        self.expect(",")?;
                    }
                }
                return Ok(Some(Expression::Call(name, arguments)));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(found))
    }

    fn starts_step(&self) -> bool {
        match self.tokens.get(self.at) {
            Some(Token::Name(_)) => true,
            Some(Token::Symbol(symbol)) => matches!(*symbol, "." | ".." | "@" | "*"),
            _ => false,
        }
    }

    fn steps(&mut self, out: &mut Vec<Step>) -> Result<(), Wrong> {
        loop {
            out.push(self.step()?);
            if self.eat("//") {
                out.push(any_descendant());
            } else if !self.eat("/") {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Result<Step, Wrong> {
        let plain = |axis| Step {
            axis,
            test: Test::Node,
            predicates: Vec::new(),
        };
        if self.eat("..") {
            return Ok(plain(Axis::Parent));
        }
        if self.eat(".") {
            return Ok(plain(Axis::SelfNode));
        }
        let axis = self.axis()?;
        let test = self.test()?;
        let mut predicates = Vec::new();
        self.predicates(&mut predicates)?;
        Ok(Step {
            axis,
            test,
            predicates,
        })
    }

    fn axis(&mut self) -> Result<Axis, Wrong> {
        if self.eat("@") {
            return Ok(Axis::Attribute);
        }
        let (Some(Token::Name(name)), Some(Token::Symbol("::"))) =
            (self.tokens.get(self.at), self.tokens.get(self.at + 1))
        else {
            return Ok(Axis::Child);
        };
        let axis = match name.as_str() {
            "child" => Axis::Child,
            "descendant" => Axis::Descendant,
            "descendant-or-self" => Axis::DescendantOrSelf,
            "parent" => Axis::Parent,
            "ancestor" => Axis::Ancestor,
            "ancestor-or-self" => Axis::AncestorOrSelf,
            "following-sibling" => Axis::FollowingSibling,
            "preceding-sibling" => Axis::PrecedingSibling,
            "following" => Axis::Following,
            "preceding" => Axis::Preceding,
            "attribute" => Axis::Attribute,
            "self" => Axis::SelfNode,
            other => return Err(format!("illegal axis name: {other}")),
        };
        self.at += 2;
        Ok(axis)
    }

    fn test(&mut self) -> Result<Test, Wrong> {
        if self.eat("*") {
            return Ok(Test::Any);
        }
        let Some(Token::Name(name)) = self.tokens.get(self.at) else {
            return Err(match self.tokens.get(self.at) {
                Some(token) => unexpected(shown(token).trim_matches('\'')),
                None => ended(),
            });
        };
        let name = name.clone();
        self.at += 1;
        if is_node_type(&name) && self.eat("(") {
            if name == "processing-instruction"
                && matches!(self.tokens.get(self.at), Some(Token::Text(_)))
            {
                self.at += 1;
            }
            self.expect(")")?;
            return Ok(match name.as_str() {
                "text" => Test::Text,
                "comment" => Test::Comment,
                "processing-instruction" => Test::Instruction,
                _ => Test::Node,
            });
        }
        Ok(match name.strip_suffix(":*") {
            Some(prefix) => Test::Prefix(prefix.to_owned()),
            None => Test::Name(name),
        })
    }

    fn predicates(&mut self, out: &mut Vec<Expression>) -> Result<(), Wrong> {
        while self.eat("[") {
            out.push(self.binary(0)?);
            self.expect("]")?;
        }
        Ok(())
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn any_descendant() -> Step {
    Step {
        axis: Axis::DescendantOrSelf,
        test: Test::Node,
        predicates: Vec::new(),
    }
}
