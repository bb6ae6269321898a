//! Aggregates, and the `Expand` that Spark makes of sets of keys (`ResolveGroupingAnalytics`).

use arrow::datatypes::DataType;

use super::Analyzed;
use crate::explain::notation;
use crate::explain::tree::Node;
use crate::plan::Below;
use crate::plan::relation::aggregate::Grouped;
use crate::plan::scope::Column;

impl<'a> Analyzed<'a> {
    pub(super) fn aggregated(self, below: &Below, child: Node) -> Node {
        let Some(grouped) = &below.aggregate else {
            return child;
        };
        if let Some(sets) = &grouped.sets {
            return self.expanded(below, grouped, sets, child);
        }
        let keys: Vec<String> = grouped
            .keys
            .iter()
            .map(|(key, _)| self.writer.expr(&key.expr))
            .collect();
        for (_, column) in grouped.keys.iter().filter(|(key, _)| key.id.is_none()) {
            // What the optimizer calls a key that it computes first (`PullOutGroupingExpressions`).
            let (name, data_type) = ("_groupingexpression".into(), column.data_type.clone());
            self.writer
                .names
                .borrow_mut()
                .name(column.id, name, data_type);
        }
        let items = self.writer.list(&self.items(&below.list));
        let line = match keys.is_empty() {
            true => format!("Aggregate {items}"),
            false => format!("Aggregate {}, {items}", self.writer.list(&keys)),
        };
        self.operator_above(line, vec![child])
    }

    fn expanded(self, below: &Below, grouped: &Grouped, sets: &[Vec<usize>], child: Node) -> Node {
        let inputs: Vec<String> = below
            .input
            .scope
            .columns
            .iter()
            .map(|column| self.writer.names.borrow_mut().of(column))
            .collect();
        // Each key is computed once below the expansion, under a number of its own.
        let mut copies = Vec::new();
        let mut project = inputs.clone();
        for (key, column) in &grouped.keys {
            let copy = Column::new(
                std::sync::Arc::clone(&column.name),
                column.data_type.clone(),
                true,
            );
            let text = self.writer.expr(&key.expr);
            let name = self.writer.names.borrow_mut().of(&copy);
            project.push(notation::alias(&text, &name));
            copies.push(name);
        }
        let node = Node::above(
            format!("Project {}", self.writer.list(&project)),
            vec![child],
        );
        let rows: Vec<String> = sets
            .iter()
            .map(|set| {
                let mut row = inputs.clone();
                let mut number = 0_u64;
                for (index, copy) in copies.iter().enumerate() {
                    let is_in = set.contains(&index);
                    number = number * 2 + u64::from(!is_in);
                    row.push(if is_in {
                        copy.clone()
                    } else {
                        "null".to_owned()
                    });
                }
                row.push(number.to_string());
                self.writer.list(&row)
            })
            .collect();
        let set_number = Column::new("spark_grouping_id", DataType::Int64, false);
        let mut keys = Vec::new();
        for (_, column) in &grouped.keys {
            self.writer.names.borrow_mut().rename(column);
            keys.push(self.writer.names.borrow_mut().of(column));
        }
        keys.push(self.writer.names.borrow_mut().of(&set_number));
        let output: Vec<String> = inputs.iter().chain(&keys).cloned().collect();
        let line = format!(
            "Expand {}, {}",
            self.writer.list(&rows),
            self.writer.list(&output)
        );
        let node = Node::above(line, vec![node]);
        let items = self.writer.list(&self.items(&below.list));
        let line = format!("Aggregate {}, {items}", self.writer.list(&keys));
        self.operator_above(line, vec![node])
    }
}
