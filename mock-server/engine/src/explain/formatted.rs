//! `formatted`: the physical plan as a numbered tree, and a description of each operator
//! (`ExplainUtils.processPlan`).
//!
//! Knows texts only; the physical plan's files wrote them.

use super::tree::Node;

/// The tree and the descriptions.
pub(super) fn text(root: &mut Node) -> String {
    let mut number = 0;
    let mut described = Vec::new();
    describe(root, &mut number, &mut described);
    let mut tree = String::new();
    root.draw(&mut tree, &mut Vec::new(), &mut |node| {
        let mut line = node
            .details
            .name
            .clone()
            .unwrap_or_else(|| first_word(&node.line));
        let is_join = node.children.len() == 2;
        match &node.details.note {
            Some(note) if is_join => line.push_str(&format!(" {note} ({})", node.number)),
            Some(note) => line.push_str(&format!(" ({}) {note}", node.number)),
            None => line.push_str(&format!(" ({})", node.number)),
        }
        line
    });
    format!("{tree}\n\n{}\n", described.join("\n\n"))
}

/// Numbers the operators, inputs first; what is inside of one comes right behind it.
fn describe(node: &mut Node, number: &mut usize, described: &mut Vec<String>) {
    for child in &mut node.children {
        describe(child, number, described);
    }
    *number += 1;
    node.number = *number;
    let name = node
        .details
        .name
        .clone()
        .unwrap_or_else(|| first_word(&node.line));
    let mut lines = vec![format!("({number}) {name}")];
    lines.extend(node.details.fields.iter().cloned());
    described.push(lines.join("\n"));
    for inner in &mut node.inner {
        describe(inner, number, described);
    }
}

fn first_word(line: &str) -> String {
    line.split([' ', '(', '['])
        .next()
        .unwrap_or(line)
        .to_owned()
}
