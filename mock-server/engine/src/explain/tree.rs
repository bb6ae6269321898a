//! Trees as Spark draws them (`TreeNode.generateTreeString`), and lists that are cut when long.
//!
//! Knows lines only, and nothing of what they say.

/// An operator: its line, and what stands below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// The operator with its arguments.
    pub(super) line: String,
    /// Its inputs.
    pub(super) children: Vec<Node>,
    /// Plans inside of it that are no inputs: subqueries, what a cached relation was made of.
    pub(super) inner: Vec<Node>,
    /// What `formatted` says of it.
    pub(super) details: Details,
    /// How large its rows are thought to be, for `cost`.
    pub(super) size: Option<super::statistics::Size>,
    /// Its number in `formatted`.
    pub(super) number: usize,
}

/// What `formatted` says of a physical operator.
#[derive(Debug, Clone, Default)]
pub(super) struct Details {
    /// The operator's name where it is described; the first word of its line where it has none.
    pub(super) name: Option<String>,
    /// What is said behind the name in the tree.
    pub(super) note: Option<String>,
    /// The lines of its description.
    pub(super) fields: Vec<String>,
    /// The columns it yields.
    pub(super) output: Vec<String>,
    /// Whether it only gives its input's columns other numbers.
    pub(super) is_renaming: bool,
}

impl Node {
    /// An operator without inputs.
    pub(super) fn leaf(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            ..Self::default()
        }
    }

    /// An operator above others.
    pub(super) fn above(line: impl Into<String>, children: Vec<Node>) -> Self {
        Self {
            line: line.into(),
            children,
            ..Self::default()
        }
    }

    /// The same with plans inside.
    #[must_use]
    pub(super) fn with_inner(mut self, inner: Vec<Node>) -> Self {
        self.inner = inner;
        self
    }

    /// The tree, a line for each operator.
    pub(super) fn drawn(&self) -> String {
        let mut out = String::new();
        self.draw(&mut out, &mut Vec::new(), &mut |node| node.line.clone());
        out
    }

    /// The tree with lines of the caller's.
    pub(super) fn draw(
        &self,
        out: &mut String,
        lasts: &mut Vec<bool>,
        line: &mut dyn FnMut(&Node) -> String,
    ) {
        if let Some((last, before)) = lasts.split_last() {
            for is_last in before {
                out.push_str(if *is_last { "   " } else { ":  " });
            }
            out.push_str(if *last { "+- " } else { ":- " });
        }
        out.push_str(&line(self));
        out.push('\n');
        let n_inner = self.inner.len();
        for (index, node) in self.inner.iter().enumerate() {
            lasts.push(self.children.is_empty());
            lasts.push(index + 1 == n_inner);
            node.draw(out, lasts, line);
            lasts.truncate(lasts.len() - 2);
        }
        let n_children = self.children.len();
        for (index, node) in self.children.iter().enumerate() {
            lasts.push(index + 1 == n_children);
            node.draw(out, lasts, line);
            lasts.pop();
        }
    }
}

/// Items between brackets; behind the limit only their number is said
/// (`StringUtils.truncatedString`).
pub(super) fn list(
    items: &[String],
    (open, separator, close): (&str, &str, &str),
    most: usize,
) -> String {
    if items.len() <= most {
        return format!("{open}{}{close}", items.join(separator));
    }
    let mut shown: Vec<String> = items.iter().take(most).cloned().collect();
    shown.push(format!("... {} more fields", items.len() - most));
    format!("{open}{}{close}", shown.join(separator))
}

/// Items in square brackets.
pub(super) fn bracketed(items: &[String], most: usize) -> String {
    list(items, ("[", ", ", "]"), most)
}
