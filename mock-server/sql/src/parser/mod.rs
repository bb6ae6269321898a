//! The parser's cursor over the tokens, its errors and its origins; the grammar is in the files below.
//!
//! One file per family of the grammar; each function takes the [`Parser`] first and leaves it behind what it
//! has read. There is no tree between tokens and proto messages.

pub(crate) mod attribute_name;
pub(crate) mod datetime;
pub(crate) mod expression;
pub(crate) mod from;
pub(crate) mod function;
pub(crate) mod identifier;
pub(crate) mod inline_table;
pub(crate) mod interval;
pub(crate) mod join;
pub(crate) mod lambda;
pub(crate) mod limit;
pub(crate) mod literal;
pub(crate) mod parameter;
pub(crate) mod pipe;
pub(crate) mod pivot;
mod places;
pub(crate) mod predicate;
pub(crate) mod property;
pub(crate) mod query;
mod report;
pub(crate) mod sample;
pub(crate) mod select;
pub(crate) mod set_operation;
pub(crate) mod statement;
pub(crate) mod table;
pub(crate) mod types;
pub(crate) mod window;

use sparring_proto::connect as proto;

use places::Places;

use crate::error::{ParseError, Showing};
use crate::keyword::Keyword;
use crate::lexer::{Token, TokenKind, tokenize};
use crate::{Parameters, lower};

/// What a grammar function returns.
pub(crate) type Parsed<T> = Result<T, ParseError>;

/// How deep a text may nest. Spark gives up when its stack ends; this is well inside what the
/// translator, which recurses over the tree, is to take.
const MAX_DEPTH: u32 = 1000;
/// The stack that must be left before the next level, and what is added when it is not.
const STACK_RED_ZONE_BYTES: usize = 128 * 1024;
const STACK_SEGMENT_BYTES: usize = 4 * 1024 * 1024;

/// A cursor over the tokens of one SQL text.
pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    places: Places,
    parameters: Option<&'a Parameters>,
    n_positional_used: usize,
    has_named_parameter: bool,
    /// Whether parameters without a value are read as one that nobody looks at.
    takes_unbound: bool,
    /// Names bound by the lambdas around the cursor.
    lambda_names: Vec<String>,
    /// Subqueries of the query or statement around the cursor, by plan id.
    subqueries: Vec<proto::Relation>,
    last_plan_id: i64,
    /// How many queries the cursor is in.
    pub(crate) query_depth: u32,
    /// Whether an alias could stand behind the expression around the cursor.
    pub(crate) alias_may_follow: bool,
    /// Token where the SELECT around the cursor begins: where a named window is looked for.
    select_start: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, parameters: Option<&'a Parameters>) -> Parsed<Self> {
        let parser = Self {
            text,
            tokens: tokenize(text),
            at: 0,
            depth: 0,
            places: Places::of(text),
            parameters,
            n_positional_used: 0,
            has_named_parameter: false,
            takes_unbound: false,
            lambda_names: Vec::new(),
            subqueries: Vec::new(),
            last_plan_id: 0,
            query_depth: 0,
            alias_may_follow: false,
            select_start: 0,
        };
        parser.refuse_unclosed_comment()?;
        if text.trim().is_empty() {
            let reason = "Syntax error, unexpected empty statement.";
            let mut error = parser.error(0, 1, "PARSE_EMPTY_STATEMENT", Some("42617"), reason, &[]);
            error.show(Showing::Place);
            return Err(error);
        }
        Ok(parser)
    }

    fn refuse_unclosed_comment(&self) -> Parsed<()> {
        let last = self.tokens.len().saturating_sub(2);
        if self
            .tokens
            .get(last)
            .is_none_or(|token| token.kind != TokenKind::UnclosedComment)
        {
            return Ok(());
        }
        let mut error = self.error(
            last,
            last + 1,
            "UNCLOSED_BRACKETED_COMMENT",
            Some("42601"),
            "Found an unclosed bracketed comment. Please, append */ at the end of the comment.",
            &[],
        );
        error.show(Showing::Text);
        Err(error)
    }

    /// Whether the session has no defaults of columns.
    pub(crate) fn refuses_defaults(&self) -> bool {
        self.parameters.is_some_and(|given| given.refuse_defaults)
    }

    // Looking.

    pub(crate) fn kind(&self) -> TokenKind {
        self.kind_ahead(0)
    }

    pub(crate) fn kind_ahead(&self, ahead: usize) -> TokenKind {
        self.tokens
            .get(self.at + ahead)
            .map_or(TokenKind::End, |token| token.kind)
    }

    pub(crate) fn kind_at(&self, index: usize) -> TokenKind {
        self.tokens
            .get(index)
            .map_or(TokenKind::End, |token| token.kind)
    }

    pub(crate) fn at_end(&self) -> bool {
        self.kind() == TokenKind::End
    }

    pub(crate) fn is(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    pub(crate) fn is_word(&self, word: Keyword) -> bool {
        self.kind() == TokenKind::Word(word)
    }

    /// Whether the next tokens are these words.
    pub(crate) fn is_words(&self, words: &[Keyword]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.kind_ahead(ahead) == TokenKind::Word(*word))
    }

    /// The text of the token under the cursor.
    pub(crate) fn token_text(&self) -> &'a str {
        self.text_of(self.at)
    }

    pub(crate) fn text_of(&self, index: usize) -> &'a str {
        let token = self.tokens[index.min(self.tokens.len() - 1)];
        &self.text[token.start as usize..token.end as usize]
    }

    /// The text between two tokens, the last one excluded.
    pub(crate) fn text_between(&self, start: usize, end: usize) -> &'a str {
        if end <= start {
            return "";
        }
        &self.text[self.tokens[start].start as usize..self.tokens[end - 1].end as usize]
    }

    /// Whether two neighbouring tokens touch.
    pub(crate) fn touches_next(&self, index: usize) -> bool {
        match (self.tokens.get(index), self.tokens.get(index + 1)) {
            (Some(left), Some(right)) => left.end == right.start,
            _ => false,
        }
    }

    // Moving.

    pub(crate) fn mark(&self) -> usize {
        self.at
    }

    pub(crate) fn back_to(&mut self, mark: usize) {
        self.at = mark;
    }

    pub(crate) fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    pub(crate) fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn eat_word(&mut self, word: Keyword) -> bool {
        self.eat(TokenKind::Word(word))
    }

    pub(crate) fn eat_words(&mut self, words: &[Keyword]) -> bool {
        let found = self.is_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    /// A word that is no keyword, in any case.
    pub(crate) fn is_word_text(&self, text: &str) -> bool {
        matches!(self.kind(), TokenKind::Identifier | TokenKind::Word(_))
            && self.token_text().eq_ignore_ascii_case(text)
    }

    pub(crate) fn eat_word_text(&mut self, text: &str) -> bool {
        let found = self.is_word_text(text);
        if found {
            self.advance();
        }
        found
    }

    /// Reads this token. If only one other token stands before it, that one is surplus and the error says so.
    pub(crate) fn expect(&mut self, kind: TokenKind) -> Parsed<()> {
        if self.eat(kind) {
            return Ok(());
        }
        let is_surplus = !self.at_end() && self.kind_ahead(1) == kind;
        let hint = if is_surplus {
            self.extra_input()
        } else {
            String::new()
        };
        Err(self.syntax_error_at(self.at, &hint))
    }

    /// Reads this token where the next one would do well behind it: the error says that it is missing.
    pub(crate) fn expect_or_missing(&mut self, kind: TokenKind, spelled: &str) -> Parsed<()> {
        if self.is(kind)
            || self.kind_ahead(1) == kind
            || !report::may_follow_expression(self.kind())
        {
            return self.expect(kind);
        }
        Err(self.missing_error(&format!("'{spelled}'")))
    }

    /// Something should stand before the token under the cursor.
    pub(crate) fn missing_error(&self, what: &str) -> ParseError {
        self.syntax_error_at(self.at, &format!(": missing {what}"))
    }

    /// The token under the cursor is surplus.
    pub(crate) fn surplus_error(&self) -> ParseError {
        self.syntax_error_at(self.at, &self.extra_input())
    }

    fn extra_input(&self) -> String {
        format!(": extra input {}", self.quoted_token(self.at))
    }

    pub(crate) fn expect_word(&mut self, word: Keyword) -> Parsed<()> {
        self.expect(TokenKind::Word(word))
    }

    /// `item, item, …`, at least one.
    pub(crate) fn comma_list<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(TokenKind::Comma) {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// `(item, item, …)`, at least one.
    pub(crate) fn parenthesized_list<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(TokenKind::LeftParen)?;
        let items = self.comma_list(item)?;
        self.expect(TokenKind::RightParen)?;
        Ok(items)
    }

    /// Nothing may follow but semicolons.
    pub(crate) fn expect_end(&mut self) -> Parsed<()> {
        let mut n_semicolons = 0;
        while self.eat(TokenKind::Semicolon) {
            n_semicolons += 1;
        }
        if self.at_end() {
            return Ok(());
        }
        // ANTLR drops one surplus token if the text would then end, or inside a repetition, and says so.
        let ends =
            n_semicolons > 0 || matches!(self.kind_ahead(1), TokenKind::End | TokenKind::Semicolon);
        let hint = if ends {
            self.extra_input()
        } else {
            String::new()
        };
        Err(self.syntax_error_at(self.at, &hint))
    }

    /// Runs a rule that may nest, one level deeper.
    pub(crate) fn nested<T>(&mut self, rule: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.too_complex());
        }
        self.depth += 1;
        let parsed = stacker::maybe_grow(STACK_RED_ZONE_BYTES, STACK_SEGMENT_BYTES, || rule(self));
        self.depth -= 1;
        parsed
    }

    /// Refuses a chain of operators that would make the tree deeper than any nesting may.
    pub(crate) fn check_chain(&self, n_links: u32) -> Parsed<()> {
        if self.depth + n_links > MAX_DEPTH {
            Err(self.too_complex())
        } else {
            Ok(())
        }
    }

    fn too_complex(&self) -> ParseError {
        self.error(
            self.at,
            self.at + 1,
            "FAILED_TO_PARSE_TOO_COMPLEX",
            Some("54001"),
            "The statement, including potential SQL functions and referenced views, was too complex to \
             parse. To mitigate this error divide the statement into multiple, less complex chunks.",
            &[],
        )
    }

    // Subqueries.

    /// Keeps a subquery for the query or statement around the cursor and gives it an id.
    pub(crate) fn add_subquery(&mut self, mut relation: proto::Relation) -> i64 {
        self.last_plan_id -= 1;
        let common = relation.common.get_or_insert_default();
        common.plan_id = Some(self.last_plan_id);
        self.subqueries.push(relation);
        self.last_plan_id
    }

    /// Takes the subqueries that were kept since the last taking.
    pub(crate) fn take_subqueries(&mut self) -> Vec<proto::Relation> {
        std::mem::take(&mut self.subqueries)
    }

    /// Runs a rule with its own subqueries and ties them to its relation.
    pub(crate) fn with_own_subqueries(
        &mut self,
        rule: impl FnOnce(&mut Self) -> Parsed<proto::Relation>,
    ) -> Parsed<proto::Relation> {
        let outer = self.take_subqueries();
        let relation = rule(self);
        let own = std::mem::replace(&mut self.subqueries, outer);
        Ok(lower::with_relations(relation?, own))
    }
}
