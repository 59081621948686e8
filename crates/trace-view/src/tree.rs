//! The spans of one trace as a forest.

use std::collections::HashMap;

use opentelemetry::SpanId;

use crate::span::Span;

/// Spans by index, each below its parent. Whatever came over the wire, this
/// is a forest: no span is in it twice and no parent is below its child.
#[derive(Debug)]
pub(crate) struct Tree {
    /// The spans, each once, in the order in which they started.
    pub(crate) spans: Vec<Span>,
    /// For each span its children, in the order in which they started.
    pub(crate) children: Vec<Vec<usize>>,
    /// Spans that have no parent.
    pub(crate) roots: Vec<usize>,
    /// Spans whose parent isn't here.
    pub(crate) orphans: Vec<usize>,
}

impl Tree {
    /// The forest of `spans`, which are all of one trace.
    pub(crate) fn new(spans: Vec<Span>) -> Self {
        let spans = unique(spans);
        let index: HashMap<SpanId, usize> = spans
            .iter()
            .enumerate()
            .map(|(index, span)| (span.id, index))
            .collect();
        let mut tree = Self {
            children: vec![Vec::new(); spans.len()],
            roots: Vec::new(),
            orphans: Vec::new(),
            spans,
        };
        for (child, span) in tree.spans.iter().enumerate() {
            match span.parent.map(|parent| index.get(&parent)) {
                None => tree.roots.push(child),
                Some(None) => tree.orphans.push(child),
                Some(Some(&parent)) => tree.children[parent].push(child),
            }
        }
        tree.cut_cycles(&index);
        tree
    }

    /// Makes the first span of each cycle of parents an orphan.
    fn cut_cycles(&mut self, index: &HashMap<SpanId, usize>) {
        let mut reached = vec![false; self.spans.len()];
        for top in self.tops() {
            self.reach(top, &mut reached);
        }
        for span in 0..self.spans.len() {
            if reached[span] {
                continue;
            }
            if let Some(parent) = self.spans[span].parent.and_then(|id| index.get(&id)) {
                self.children[*parent].retain(|child| *child != span);
            }
            self.orphans.push(span);
            self.reach(span, &mut reached);
        }
    }

    fn reach(&self, top: usize, reached: &mut [bool]) {
        let mut stack = vec![top];
        while let Some(span) = stack.pop() {
            if !std::mem::replace(&mut reached[span], true) {
                stack.extend(&self.children[span]);
            }
        }
    }

    /// All spans that are below no other.
    pub(crate) fn tops(&self) -> Vec<usize> {
        self.roots.iter().chain(&self.orphans).copied().collect()
    }

    /// Restores the order of starts after times have changed.
    pub(crate) fn sort(&mut self) {
        let spans = &self.spans;
        let by_start = |index: &usize| (spans[*index].start, *index);
        self.roots.sort_by_key(by_start);
        self.orphans.sort_by_key(by_start);
        for siblings in &mut self.children {
            siblings.sort_by_key(by_start);
        }
    }
}

/// Each span once (an export that was retried arrives twice), by start.
fn unique(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| span.id.to_bytes());
    spans.dedup_by_key(|span| span.id);
    // A parent that started in the same instant as its child comes first: it took longer.
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    spans
}

#[cfg(test)]
mod tests;
