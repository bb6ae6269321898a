//! A document as a tree of nodes in the order of the text, so that a node's number is its place.
//!
//! The parser beneath is lenient; what a strict one refuses (a tag left open, several roots, unknown
//! entities) is refused here.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// The document itself.
    Root,
    /// An element by its name, prefix included.
    Element(String),
    /// An attribute's name and value.
    Attribute(String, String),
    Text(String),
    Comment(String),
    /// A processing instruction's target and the rest.
    Instruction(String, String),
}

/// A node with its relations.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    pub(crate) attributes: Vec<usize>,
}

/// A whole document; node 0 is its root.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) nodes: Vec<Node>,
}

/// Nesting deeper than this is no document for us.
const MAX_DEPTH: usize = 1000;

impl Document {
    /// The tree of a text; none if it is no well-formed document.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::read(text, false)
    }

    /// The tree of the first element of a text, whatever follows it.
    pub(crate) fn parse_first(text: &str) -> Option<Self> {
        Self::read(text, true)
    }

    fn read(text: &str, first_only: bool) -> Option<Self> {
        let mut document = Self { nodes: Vec::new() };
        document.add(Content::Root, None);
        let mut reader = Reader::from_str(text);
        let mut open = vec![0];
        loop {
            if first_only && open.len() == 1 && document.root_element().is_some() {
                break;
            }
            let event = reader.read_event().ok()?;
            let current = *open.last()?;
            match event {
                Event::Start(tag) => {
                    let element = document.element(&tag, current, open.len())?;
                    open.push(element);
                }
                Event::Empty(tag) => {
                    document.element(&tag, current, open.len())?;
                }
                Event::End(_) => {
                    open.pop();
                    open.last()?;
                }
                Event::Text(text) => {
                    let text = text.decode().ok()?;
                    document.text(current, &text)?;
                }
                Event::CData(text) => {
                    let text = text.decode().ok()?;
                    document.text(current, &text)?;
                }
                Event::GeneralRef(reference) => {
                    let name = reference.decode().ok()?;
                    let text = entity(&name)?;
                    document.text(current, &text)?;
                }
                Event::Comment(text) => {
                    let text = text.decode().ok()?.into_owned();
                    document.add(Content::Comment(text), Some(current));
                }
                Event::PI(instruction) => {
                    let target = String::from_utf8(instruction.target().to_vec()).ok()?;
                    let rest = String::from_utf8(instruction.content().to_vec()).ok()?;
                    let rest = rest.trim_start().to_owned();
                    document.add(Content::Instruction(target, rest), Some(current));
                }
                Event::Decl(_) => {}
                // Spark switches document types off, as ways into the machine.
                Event::DocType(_) => return None,
                Event::Eof => break,
            }
        }
        let elements = document.nodes[0].children.iter();
        let n_elements = elements
            .filter(|child| matches!(document.nodes[**child].content, Content::Element(_)))
            .count();
        (open.len() == 1 && n_elements == 1).then_some(document)
    }

    fn add(&mut self, content: Content, parent: Option<usize>) -> usize {
        let number = self.nodes.len();
        let is_attribute = matches!(content, Content::Attribute(..));
        self.nodes.push(Node {
            content,
            parent,
            children: Vec::new(),
            attributes: Vec::new(),
        });
        if let Some(parent) = parent {
            let parent = &mut self.nodes[parent];
            if is_attribute {
                parent.attributes.push(number);
            } else {
                parent.children.push(number);
            }
        }
        number
    }

    fn element(&mut self, tag: &BytesStart<'_>, parent: usize, depth: usize) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        let name = std::str::from_utf8(tag.name().into_inner())
            .ok()?
            .to_owned();
        let element = self.add(Content::Element(name), Some(parent));
        for attribute in tag.attributes() {
            let attribute = attribute.ok()?;
            let name = std::str::from_utf8(attribute.key.into_inner())
                .ok()?
                .to_owned();
            let raw = std::str::from_utf8(&attribute.value).ok()?;
            let value = unescaped(raw)?;
            self.add(Content::Attribute(name, value), Some(element));
        }
        Some(element)
    }

    /// Text goes on in the text before it; outside of the root element only blanks may stand.
    fn text(&mut self, parent: usize, text: &str) -> Option<()> {
        if parent == 0 {
            return text.trim().is_empty().then_some(());
        }
        // Line ends are one character to every reader.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if text.is_empty() {
            return Some(());
        }
        let last = self.nodes[parent].children.last().copied();
        if let Some(Content::Text(before)) = last.map(|last| &mut self.nodes[last].content) {
            before.push_str(&text);
        } else {
            self.add(Content::Text(text), Some(parent));
        }
        Some(())
    }

    /// The root element.
    pub(crate) fn root_element(&self) -> Option<usize> {
        let mut children = self.nodes.first()?.children.iter();
        children
            .find(|child| matches!(self.nodes[**child].content, Content::Element(_)))
            .copied()
    }

    /// XPath's string value of a node.
    pub(crate) fn text_of(&self, node: usize) -> String {
        match &self.nodes[node].content {
            Content::Attribute(_, text)
            | Content::Text(text)
            | Content::Comment(text)
            | Content::Instruction(_, text) => text.clone(),
            Content::Root | Content::Element(_) => {
                let mut out = String::new();
                self.gather(node, &mut out);
                out
            }
        }
    }

    fn gather(&self, node: usize, out: &mut String) {
        for child in &self.nodes[node].children {
            match &self.nodes[*child].content {
                Content::Text(text) => out.push_str(text),
                Content::Element(_) => self.gather(*child, out),
                _ => {}
            }
        }
    }
}

/// What an entity stands for; only the five of XML itself and characters by number are known.
fn entity(name: &str) -> Option<String> {
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some(character.to_string())
}

fn unescaped(raw: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let (name, tail) = rest[start + 1..].split_once(';')?;
        out.push_str(&entity(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out.replace(['\n', '\t', '\r'], " "))
}
