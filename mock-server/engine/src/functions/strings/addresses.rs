//! Addresses: their parts, and the escapes in them.

use arrow::datatypes::DataType;

use crate::error::{Error, Result};
use crate::functions::Call;
use crate::functions::kernel::Kernel;
use crate::functions::rows::{each, strict};
use crate::plan::typed::Typed;

const S: DataType = DataType::Utf8;

/// The parts of a URI by RFC 3986, appendix B.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// None of what Java's `URI` refuses.
    fn of(url: &'a str) -> Option<Self> {
        let legal = |c: char| {
            !c.is_ascii_control()
                && !matches!(
                    c,
                    ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
                )
        };
        if !url.chars().all(legal) {
            return None;
        }
        let (rest, fragment) = parted(url, '#');
        let (rest, query) = parted(rest, '?');
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, rest)) if !scheme.is_empty() && !scheme.contains('/') => {
                (Some(scheme), rest)
            }
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let at = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at(at);
                (Some(authority).filter(|a| !a.is_empty()), path)
            }
            None => (None, rest),
        };
        Some(Self {
            scheme,
            authority,
            path,
            query,
            fragment,
        })
    }

    fn user(&self) -> Option<&'a str> {
        self.authority?.rsplit_once('@').map(|(user, _)| user)
    }

    fn host(&self) -> Option<&'a str> {
        let authority = self.authority?;
        let host = authority
            .rsplit_once('@')
            .map_or(authority, |(_, host)| host);
        if host.starts_with('[') {
            return host.find(']').map(|end| &host[..=end]);
        }
        Some(host.split_once(':').map_or(host, |(host, _)| host)).filter(|host| !host.is_empty())
    }

    fn part(&self, name: &str) -> Option<String> {
        let found = match name {
            "HOST" => self.host(),
            "PATH" => Some(self.path),
            "QUERY" => self.query,
            "REF" => self.fragment,
            "PROTOCOL" => self.scheme,
            "AUTHORITY" => self.authority,
            "USERINFO" => self.user(),
            "FILE" => {
                return Some(match self.query {
                    Some(query) => format!("{}?{query}", self.path),
                    None => self.path.to_owned(),
                });
            }
            _ => None,
        };
        found.map(str::to_owned)
    }
}

fn parted(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

/// `parse_url(url, part)` and `parse_url(url, 'QUERY', key)`.
pub(super) fn parse_url(call: &Call<'_>, tries: bool) -> Result<Typed> {
    call.arity(2..=3)?;
    let args = (0..call.args.len())
        .map(|index| Ok(call.implicit(index, &S)?.expr))
        .collect::<Result<Vec<_>>>()?;
    let fails = call.context.ansi && !tries;
    let name = call.default_name();
    Ok(Kernel::typed(
        "parse_url",
        fails.to_string(),
        (S, true),
        args,
        name,
        move |args| {
            each(args, &S, |row| {
                let url = row[0].text();
                let Some(parts) = Parts::of(url) else {
                    return if fails {
                        Err(Error::new("INVALID_URL", [("url", url)]))
                    } else {
                        Ok(None::<String>.into())
                    };
                };
                let Some(key) = row.get(2) else {
                    return Ok(parts.part(row[1].text()).into());
                };
                if row[1].text() != "QUERY" {
                    return Ok(None::<String>.into());
                }
                let pairs = parts.query.unwrap_or_default().split('&');
                let found = pairs
                    .filter_map(|pair| pair.split_once('='))
                    .find(|(known, _)| *known == key.text());
                Ok(found.map(|(_, value)| value).into())
            })
        },
    ))
}

/// `URLDecoder.decode`: a plus is a space, `%xx` a byte.
pub(super) fn url_decode(call: &Call<'_>, tries: bool) -> Result<Typed> {
    if tries {
        return strict(call, &[S], (S, true), |row| {
            Ok(decoded(row[0].text()).into())
        });
    }
    strict(call, &[S], (S, true), |row| {
        let url = row[0].text();
        match decoded(url) {
            Some(text) => Ok(text.into()),
            None => Err(Error::new("CANNOT_DECODE_URL", [("url", url)])),
        }
    })
}

fn decoded(url: &str) -> Option<String> {
    let mut out = Vec::with_capacity(url.len());
    let mut bytes = url.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
            }
            other => out.push(other),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}
