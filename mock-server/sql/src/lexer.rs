//! SQL text to tokens.
//!
//! Tokens are places in the text and a kind; nothing is copied and nothing is interpreted here: quotes,
//! escapes and number suffixes are read by the parser. Knows no grammar.

use crate::keyword::Keyword;

/// One token: a kind and the bytes it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word(Keyword),
    Identifier,
    /// An identifier in backticks.
    Quoted,
    /// A string in single or double quotes, with or without the raw prefix.
    String,
    Integer,
    Decimal,
    Exponent,
    /// `1L`, `1S`, `1Y`, `1.5F`, `1.5D`, `1.5BD`; the text says which.
    Suffixed,
    Equal,
    NullSafeEqual,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Tilde,
    Ampersand,
    Pipe,
    Concat,
    PipeOperator,
    Caret,
    Bang,
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Comma,
    Dot,
    Semicolon,
    Colon,
    DoubleColon,
    Arrow,
    FatArrow,
    Question,
    At,
    HintStart,
    HintEnd,
    /// `/*` without its end; covers the rest of the text.
    UnclosedComment,
    /// A character that begins no token.
    Unrecognized,
    End,
}

/// Splits a text into tokens; the last is always [`TokenKind::End`].
pub(crate) fn tokenize(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 4 + 4);
    let mut lexer = Lexer {
        bytes: text.as_bytes(),
        text,
        at: 0,
        in_hint: false,
    };
    loop {
        lexer.skip_space();
        let start = lexer.at;
        let kind = lexer.next_kind();
        tokens.push(Token {
            kind,
            start: start as u32,
            end: lexer.at as u32,
        });
        if kind == TokenKind::End {
            return tokens;
        }
    }
}

struct Lexer<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    in_hint: bool,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Spaces and comments. A `/*+` is a hint; a `/*` without end is left for the caller.
    fn skip_space(&mut self) {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'-' if self.peek(1) == b'-' => self.skip_line_comment(),
                b'/' if self.peek(1) == b'*' && self.peek(2) != b'+' => {
                    let Some(end) = self.comment_end() else {
                        return;
                    };
                    self.at = end;
                }
                byte if byte >= 0x80 => {
                    let Some(c) = self.text[self.at..].chars().next() else {
                        return;
                    };
                    if !c.is_whitespace() {
                        return;
                    }
                    self.at += c.len_utf8();
                }
                _ => return,
            }
        }
    }

    fn skip_line_comment(&mut self) {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'\n' | b'\r' => return,
                _ => self.at += 1,
            }
        }
    }

    /// Bracketed comments nest.
    fn comment_end(&self) -> Option<usize> {
        let mut depth = 0usize;
        let mut at = self.at;
        while at + 1 < self.bytes.len() {
            match (self.bytes[at], self.bytes[at + 1]) {
                (b'/', b'*') => {
                    depth += 1;
                    at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                _ => at += 1,
            }
        }
        None
    }

    fn take(&mut self, n_bytes: usize, kind: TokenKind) -> TokenKind {
        self.at += n_bytes;
        kind
    }

    fn next_kind(&mut self) -> TokenKind {
        use TokenKind as T;
        let Some(&byte) = self.bytes.get(self.at) else {
            return T::End;
        };
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            b'\'' | b'"' => self.string(byte, false),
            b'`' => self.backquoted(),
            b'=' if self.peek(1) == b'=' => self.take(2, T::Equal),
            b'=' if self.peek(1) == b'>' => self.take(2, T::FatArrow),
            b'=' => self.take(1, T::Equal),
            b'<' if self.peek(1) == b'=' && self.peek(2) == b'>' => self.take(3, T::NullSafeEqual),
            b'<' if self.peek(1) == b'=' => self.take(2, T::LessEqual),
            b'<' if self.peek(1) == b'>' => self.take(2, T::NotEqual),
            b'<' => self.take(1, T::Less),
            b'>' if self.peek(1) == b'=' => self.take(2, T::GreaterEqual),
            b'>' => self.take(1, T::Greater),
            b'!' if self.peek(1) == b'=' => self.take(2, T::NotEqual),
            b'!' if self.peek(1) == b'>' => self.take(2, T::LessEqual),
            b'!' if self.peek(1) == b'<' => self.take(2, T::GreaterEqual),
            b'!' => self.take(1, T::Bang),
            b'+' => self.take(1, T::Plus),
            b'-' if self.peek(1) == b'>' => self.take(2, T::Arrow),
            b'-' => self.take(1, T::Minus),
            b'*' if self.in_hint && self.peek(1) == b'/' => {
                self.in_hint = false;
                self.take(2, T::HintEnd)
            }
            b'*' => self.take(1, T::Star),
            b'/' if self.peek(1) == b'*' && self.peek(2) == b'+' => {
                self.in_hint = true;
                self.take(3, T::HintStart)
            }
            b'/' if self.peek(1) == b'*' => {
                self.take(self.bytes.len() - self.at, T::UnclosedComment)
            }
            b'/' => self.take(1, T::Slash),
            b'%' => self.take(1, T::Percent),
            b'~' => self.take(1, T::Tilde),
            b'&' => self.take(1, T::Ampersand),
            b'|' if self.peek(1) == b'|' => self.take(2, T::Concat),
            b'|' if self.peek(1) == b'>' => self.take(2, T::PipeOperator),
            b'|' => self.take(1, T::Pipe),
            b'^' => self.take(1, T::Caret),
            b'(' => self.take(1, T::LeftParen),
            b')' => self.take(1, T::RightParen),
            b'[' => self.take(1, T::LeftBracket),
            b']' => self.take(1, T::RightBracket),
            b',' => self.take(1, T::Comma),
            b'.' => self.take(1, T::Dot),
            b';' => self.take(1, T::Semicolon),
            b':' if self.peek(1) == b':' => self.take(2, T::DoubleColon),
            b':' => self.take(1, T::Colon),
            b'?' => self.take(1, T::Question),
            b'@' => self.take(1, T::At),
            _ => match self.text[self.at..].chars().next() {
                Some(c) if c.is_alphabetic() => self.word(),
                Some(c) => self.take(c.len_utf8(), T::Unrecognized),
                None => T::End,
            },
        }
    }

    fn skip_word(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                self.at += 1;
            } else if byte < 0x80 {
                return;
            } else {
                match self.text[self.at..].chars().next() {
                    Some(c) if c.is_alphabetic() => self.at += c.len_utf8(),
                    _ => return,
                }
            }
        }
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        if matches!(self.peek(0), b'r' | b'R') && matches!(self.peek(1), b'\'' | b'"') {
            let quote = self.peek(1);
            self.at += 1;
            return self.string(quote, true);
        }
        self.skip_word();
        match Keyword::lookup(&self.bytes[start..self.at]) {
            Some(keyword) => TokenKind::Word(keyword),
            None => TokenKind::Identifier,
        }
    }

    /// A quote inside is written twice or, unless raw, after a backslash.
    fn string(&mut self, quote: u8, raw: bool) -> TokenKind {
        let start = self.at;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if byte == b'\\' && !raw {
                self.at += 1;
            } else if byte == quote {
                if raw || self.peek(0) != quote {
                    return TokenKind::String;
                }
                self.at += 1;
            }
        }
        self.at = start + 1;
        TokenKind::Unrecognized
    }

    fn backquoted(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if byte == b'`' {
                if self.peek(0) != b'`' {
                    return TokenKind::Quoted;
                }
                self.at += 1;
            }
        }
        self.at = start + 1;
        TokenKind::Unrecognized
    }

    fn skip_digits(&mut self) -> usize {
        let start = self.at;
        while self.peek(0).is_ascii_digit() {
            self.at += 1;
        }
        self.at - start
    }

    /// Numbers; a name may begin with a digit, so the longest match wins and a tie goes to the number.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_digits();
        let mut has_point = false;
        let integer_end = self.at;
        if self.peek(0) == b'.' {
            self.at += 1;
            self.skip_digits();
            has_point = true;
        }
        let mantissa_end = self.at;
        let has_exponent = self.exponent();
        let number_end = self.at;
        let n_suffix = self.suffix(has_point, has_exponent);
        self.at += n_suffix;
        if self.at_word_part() {
            return self.number_before_word(start, integer_end, mantissa_end, has_point);
        }
        if n_suffix > 0 {
            return TokenKind::Suffixed;
        }
        debug_assert_eq!(self.at, number_end);
        if has_exponent {
            TokenKind::Exponent
        } else if has_point {
            TokenKind::Decimal
        } else {
            TokenKind::Integer
        }
    }

    /// `1a` is a name; `1.a` is an integer, a dot and a name; `.1a` is a dot and a name.
    fn number_before_word(
        &mut self,
        start: usize,
        integer_end: usize,
        mantissa_end: usize,
        has_point: bool,
    ) -> TokenKind {
        if !has_point {
            self.at = integer_end;
            self.skip_word();
            return TokenKind::Identifier;
        }
        if integer_end == start {
            self.at = start + 1;
            return TokenKind::Dot;
        }
        debug_assert!(mantissa_end > integer_end);
        self.at = integer_end;
        TokenKind::Integer
    }

    fn at_word_part(&self) -> bool {
        let byte = self.peek(0);
        byte.is_ascii_alphanumeric() || byte == b'_'
    }

    fn exponent(&mut self) -> bool {
        let start = self.at;
        if !matches!(self.peek(0), b'e' | b'E') {
            return false;
        }
        self.at += 1;
        if matches!(self.peek(0), b'+' | b'-') {
            self.at += 1;
        }
        if self.skip_digits() == 0 {
            self.at = start;
            return false;
        }
        true
    }

    fn suffix(&self, has_point: bool, has_exponent: bool) -> usize {
        match self.peek(0).to_ascii_uppercase() {
            b'L' | b'S' | b'Y' if !has_point && !has_exponent => 1,
            b'D' | b'F' => 1,
            b'B' if self.peek(1).eq_ignore_ascii_case(&b'D') => 2,
            _ => 0,
        }
    }
}
