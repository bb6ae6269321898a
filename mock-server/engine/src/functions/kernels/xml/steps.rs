//! XPath's axes: the nodes that a step comes to, nearest first.

use super::dom::{Content, Document};
use super::expression::{Axis, Test};

impl Document {
    /// The nodes on an axis, in the order in which positions count.
    pub(super) fn axis(&self, node: usize, axis: Axis) -> Vec<usize> {
        let parent = self.nodes[node].parent;
        match axis {
            Axis::Child => self.nodes[node].children.clone(),
            Axis::Attribute => self.nodes[node].attributes.clone(),
            Axis::SelfNode => vec![node],
            Axis::Parent => parent.into_iter().collect(),
            Axis::Descendant => self.descendants(node),
            Axis::DescendantOrSelf => {
                let mut all = vec![node];
                all.extend(self.descendants(node));
                all
            }
            Axis::Ancestor => self.ancestors(node),
            Axis::AncestorOrSelf => {
                let mut all = vec![node];
                all.extend(self.ancestors(node));
                all
            }
            Axis::FollowingSibling => {
                let siblings = self.siblings(node).into_iter();
                siblings.filter(|sibling| *sibling > node).collect()
            }
            Axis::PrecedingSibling => {
                let siblings = self.siblings(node).into_iter().rev();
                siblings.filter(|sibling| *sibling < node).collect()
            }
            Axis::Following => {
                let inside = self.descendants(node);
                let after = inside.last().copied().unwrap_or(node);
                let all = after + 1..self.nodes.len();
                all.filter(|other| !self.is_attribute(*other)).collect()
            }
            Axis::Preceding => {
                let above = self.ancestors(node);
                let all = (0..node).rev();
                all.filter(|other| !above.contains(other) && !self.is_attribute(*other))
                    .collect()
            }
        }
    }

    fn is_attribute(&self, node: usize) -> bool {
        matches!(self.nodes[node].content, Content::Attribute(..))
    }

    fn siblings(&self, node: usize) -> Vec<usize> {
        match self.nodes[node].parent {
            Some(parent) if !self.is_attribute(node) => self.nodes[parent].children.clone(),
            _ => Vec::new(),
        }
    }

    fn descendants(&self, node: usize) -> Vec<usize> {
        let mut all = Vec::new();
        let mut open: Vec<usize> = self.nodes[node].children.iter().rev().copied().collect();
        while let Some(next) = open.pop() {
            all.push(next);
            open.extend(self.nodes[next].children.iter().rev());
        }
        all
    }

    fn ancestors(&self, node: usize) -> Vec<usize> {
        std::iter::successors(self.nodes[node].parent, |above| self.nodes[*above].parent).collect()
    }

    /// Whether a step takes a node.
    pub(super) fn passes(&self, node: usize, axis: Axis, test: &Test) -> bool {
        let content = &self.nodes[node].content;
        let name = match content {
            Content::Element(name) if axis != Axis::Attribute => Some(name),
            Content::Attribute(name, _) if axis == Axis::Attribute => Some(name),
            _ => None,
        };
        match test {
            Test::Any => name.is_some(),
            Test::Name(wanted) => {
                // The namespaces of a document are unknown to its paths.
                name.is_some_and(|name| name == wanted && !name.contains(':'))
            }
            Test::Prefix(_) => false,
            Test::Node => true,
            Test::Text => matches!(content, Content::Text(_)),
            Test::Comment => matches!(content, Content::Comment(_)),
            Test::Instruction => matches!(content, Content::Instruction(..)),
        }
    }
}
