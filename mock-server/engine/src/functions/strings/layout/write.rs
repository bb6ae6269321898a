//! A number as text under a layout: digits from the left, signs drawn to the first digit.

use super::tokens::{Group, Layout, Token};

impl Layout {
    /// The number with this many digits behind the point; `#` for what does not fit.
    pub(super) fn write(&self, number: i128, scale: usize) -> String {
        let (before, behind) = self.split(number, scale);
        let (mut before, mut behind) = (before.into_iter(), behind.into_iter());
        let negative = number < 0;
        let mut out: Vec<char> = Vec::new();
        let mut behind_point = false;
        for token in &self.tokens {
            match token {
                Token::Digits(groups) => {
                    for group in groups {
                        if *group == Group::Separator {
                            match out.last() {
                                Some(c) if c.is_ascii_digit() => out.push(','),
                                _ => blank(&mut out),
                            }
                            continue;
                        }
                        for _ in 0..group.width() {
                            let digit = if behind_point {
                                behind.next().unwrap_or('0')
                            } else {
                                before.next().unwrap_or(' ')
                            };
                            match (digit, group) {
                                (' ', Group::Exactly(_)) => out.push('0'),
                                (' ', _) => blank(&mut out),
                                (digit, _) => out.push(digit),
                            }
                        }
                    }
                }
                Token::Point => {
                    if let Some(last) = out.last_mut().filter(|last| **last == ' ') {
                        *last = '0';
                    }
                    out.push('.');
                    behind_point = true;
                }
                Token::Dollar => out.push('$'),
                Token::Sign => {
                    strip_point(&mut out);
                    sign(&mut out, if negative { '-' } else { '+' });
                }
                Token::Minus if negative => {
                    strip_point(&mut out);
                    sign(&mut out, '-');
                }
                Token::Minus => out.push(' '),
                Token::Open if negative => out.push('<'),
                Token::Open | Token::Other(_) => {}
                Token::Close => {
                    strip_point(&mut out);
                    if negative {
                        sign(&mut out, '>');
                    } else {
                        out.extend([' ', ' ']);
                    }
                }
            }
        }
        strip_point(&mut out);
        let text: String = out.into_iter().collect();
        match text.as_str() {
            "" | "+" | "-" => "0".to_owned(),
            _ => text,
        }
    }

    /// The digits on both sides of the point, as wide as the layout.
    fn split(&self, number: i128, scale: usize) -> (Vec<char>, Vec<char>) {
        let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
        let (before, behind) = digits.split_at(digits.len() - scale);
        let (before, behind) = (before.trim_start_matches('0'), behind.trim_end_matches('0'));
        let (wide, deep) = self.widths();
        if before.len() > wide || behind.len() > deep {
            return (vec!['#'; wide], vec!['#'; deep]);
        }
        (
            format!("{before:>wide$}").chars().collect(),
            format!("{behind:0<deep$}").chars().collect(),
        )
    }
}

/// A blank goes before a sign that stands at the end.
fn blank(out: &mut Vec<char>) {
    let signs = out
        .iter()
        .rev()
        .take_while(|c| matches!(c, '+' | '-' | '<'))
        .count();
    out.insert(out.len() - signs, ' ');
}

/// A sign goes before the blanks at the end.
fn sign(out: &mut Vec<char>, sign: char) {
    let blanks = out.iter().rev().take_while(|c| **c == ' ').count();
    out.insert(out.len() - blanks, sign);
}

/// A point with no digit behind it becomes a blank.
fn strip_point(out: &mut [char]) {
    if let Some(point) = out.iter().position(|c| *c == '.')
        && out.get(point + 1).is_none_or(|c| *c == ' ')
        && let Some(c) = out.get_mut(point)
    {
        *c = ' ';
    }
}
