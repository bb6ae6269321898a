//! A number's layout as tokens: `ToNumberParser`'s grammar and its complaints.

use crate::error::{Error, Result};
use crate::functions::kernels::cast::quoted;

/// One part of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Runs of digits, with separators between some.
    Digits(Vec<Group>),
    /// `.` or `D`.
    Point,
    /// `$`.
    Dollar,
    /// `S`: plus or minus.
    Sign,
    /// `MI`: minus or nothing.
    Minus,
    /// The `<` of `PR`.
    Open,
    /// The `>` of `PR`.
    Close,
    /// What no layout has.
    Other(char),
}

/// Part of a run of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// So many digits, neither more nor fewer.
    Exactly(usize),
    /// So many digits or fewer.
    AtMost(usize),
    /// `,` or `G`.
    Separator,
}

impl Group {
    /// How many digits fit.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Exactly(n) | Self::AtMost(n) => n,
            Self::Separator => 0,
        }
    }
}

/// A whole layout.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    text: String,
    pub(super) tokens: Vec<Token>,
}

impl Layout {
    /// Reads a layout in capitals; whether it makes sense is for [`Layout::check`].
    pub(super) fn parse(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let mut tokens: Vec<Token> = Vec::new();
        let mut at = 0;
        let mut behind_point = false;
        while let Some(c) = chars.get(at) {
            let next = chars.get(at + 1);
            let mut length = 1;
            let token = match (c, next) {
                ('0' | '9', _) => {
                    length = chars[at..]
                        .iter()
                        .take_while(|c| matches!(c, '0' | '9'))
                        .count();
                    let group = match c {
                        '0' if !behind_point => Group::Exactly(length),
                        _ => Group::AtMost(length),
                    };
                    push_group(&mut tokens, group);
                    at += length;
                    continue;
                }
                (',' | 'G', _) => {
                    push_group(&mut tokens, Group::Separator);
                    at += 1;
                    continue;
                }
                ('.' | 'D', _) => {
                    behind_point = true;
                    Token::Point
                }
                ('$', _) => Token::Dollar,
                ('S', _) => Token::Sign,
                ('M', Some('I')) => {
                    length = 2;
                    Token::Minus
                }
                ('P', Some('R')) => {
                    length = 2;
                    tokens.insert(0, Token::Open);
                    Token::Close
                }
                (other, _) => Token::Other(*other),
            };
            tokens.push(token);
            at += length;
        }
        Self {
            text: text.to_owned(),
            tokens,
        }
    }

    /// The layout as it was written, in capitals.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How many digits fit before and behind the point.
    pub(super) fn widths(&self) -> (usize, usize) {
        let mut widths = (0, 0);
        let mut behind_point = false;
        for token in &self.tokens {
            match token {
                Token::Point => behind_point = true,
                Token::Digits(groups) => {
                    let width: usize = groups.iter().map(|group| group.width()).sum();
                    if behind_point {
                        widths.1 += width;
                    } else {
                        widths.0 += width;
                    }
                }
                _ => {}
            }
        }
        widths
    }

    /// Precision and scale of the numbers that fit.
    pub(super) fn decimal(&self) -> (u8, i8) {
        let (before, behind) = self.widths();
        (
            u8::try_from(before + behind).unwrap_or(u8::MAX),
            i8::try_from(behind).unwrap_or(i8::MAX),
        )
    }

    fn wrong(&self, class: &'static str) -> Error {
        Error::new(class, [("format", quoted(&self.text))])
    }

    /// Spark's complaints, in its order.
    pub(super) fn check(&self) -> Result<()> {
        let place = |wanted: &dyn Fn(&Token) -> bool| self.tokens.iter().position(wanted);
        let is_digits = |token: &Token| matches!(token, Token::Digits(_));
        let dollar = place(&|token| *token == Token::Dollar);
        let point = place(&|token| *token == Token::Point);
        if self.text.is_empty() {
            return Err(self.wrong("INVALID_FORMAT.EMPTY"));
        }
        let Some(digits) = place(&is_digits) else {
            return Err(self.wrong("INVALID_FORMAT.WRONG_NUM_DIGIT"));
        };
        if dollar.is_some_and(|dollar| digits < dollar) {
            return Err(self.wrong("INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT"));
        }
        if matches!((point, dollar), (Some(point), Some(dollar)) if point < dollar) {
            return Err(self.wrong("INVALID_FORMAT.CUR_MUST_BEFORE_DEC"));
        }
        let runs = |behind: bool| {
            self.tokens
                .iter()
                .enumerate()
                .filter_map(move |(at, token)| match token {
                    Token::Digits(groups) if point.is_some_and(|point| at > point) == behind => {
                        Some(groups)
                    }
                    _ => None,
                })
        };
        let is_separator = |group: Option<&Group>| group == Some(&Group::Separator);
        let lonely = |groups: &Vec<Group>| {
            is_separator(groups.first())
                || is_separator(groups.last())
                || groups
                    .windows(2)
                    .any(|pair| is_separator(pair.first()) && is_separator(pair.last()))
        };
        if runs(false).any(lonely) {
            return Err(self.wrong("INVALID_FORMAT.CONT_THOUSANDS_SEPS"));
        }
        if runs(true).any(|groups| groups.contains(&Group::Separator)) {
            return Err(self.wrong("INVALID_FORMAT.THOUSANDS_SEPS_MUST_BEFORE_DEC"));
        }
        for once in [
            Token::Point,
            Token::Sign,
            Token::Minus,
            Token::Dollar,
            Token::Close,
        ] {
            if self.tokens.iter().filter(|token| **token == once).count() > 1 {
                let error = self.wrong("INVALID_FORMAT.WRONG_NUM_TOKEN");
                return Err(error.with("token", shown(&once)));
            }
        }
        match self.tokens.get(self.in_order()) {
            Some(stray) => {
                let error = self.wrong("INVALID_FORMAT.UNEXPECTED_TOKEN");
                Err(error.with("token", shown(stray)))
            }
            None => Ok(()),
        }
    }

    /// How many tokens stand where `[MI|S] [$] digits [. digits] [$] [PR|MI|S]` has them.
    fn in_order(&self) -> usize {
        const DIGITS: Token = Token::Digits(Vec::new());
        let places: [&[Token]; 8] = [
            &[Token::Open],
            &[Token::Minus, Token::Sign],
            &[Token::Dollar],
            &[DIGITS],
            &[Token::Point],
            &[DIGITS],
            &[Token::Dollar],
            &[Token::Minus, Token::Sign, Token::Close],
        ];
        let mut at = 0;
        for allowed in places {
            let fits = self.tokens.get(at).is_some_and(|token| {
                allowed.iter().any(|allowed| match allowed {
                    Token::Digits(_) => matches!(token, Token::Digits(_)),
                    other => other == token,
                })
            });
            at += usize::from(fits);
        }
        at
    }
}

fn push_group(tokens: &mut Vec<Token>, group: Group) {
    match tokens.last_mut() {
        Some(Token::Digits(groups)) => groups.push(group),
        _ => tokens.push(Token::Digits(vec![group])),
    }
}

/// A token in a complaint; the odd quotes are Spark's.
fn shown(token: &Token) -> String {
    match token {
        Token::Digits(_) => "digit sequence".to_owned(),
        Token::Point => ". or D".to_owned(),
        Token::Dollar => "$".to_owned(),
        Token::Sign => "S".to_owned(),
        Token::Minus => "MI".to_owned(),
        Token::Open | Token::Close => "PR".to_owned(),
        Token::Other(c) => format!("character '{c}''"),
    }
}
