//! How a trace differs from what is expected of it.

use grpc_common::printable;

use super::facts::{Fact, differing};
use super::file::{Expectation, ExpectedSpan};
use super::found::FoundTrace;
use super::siblings::Siblings;
use crate::paint::{self, Paint};

/// What a line of a comparison is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mark {
    /// As expected: it shows where the others are.
    Same,
    /// Expected, and not there.
    Missing,
    /// There, and not expected.
    Unexpected,
}

/// A line of a comparison.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// What it is.
    pub mark: Mark,
    /// How deep it is in the tree.
    pub depth: usize,
    /// The span, or what of it differs.
    pub text: String,
}

impl Line {
    /// The line as text: `-` for what is missing, `+` for what is unexpected, indented by its depth.
    pub fn render(&self, color: bool) -> String {
        let (mark, style) = match self.mark {
            Mark::Same => (' ', paint::DIM),
            Mark::Missing => ('-', paint::RED),
            Mark::Unexpected => ('+', paint::GREEN),
        };
        let indent = "  ".repeat(self.depth);
        let text = format!("{mark} {indent}{}", printable(&self.text));
        Paint(color).text(&style, &text)
    }
}

impl Expectation {
    /// How `found` differs from this, as a tree that leaves out what is below
    /// spans that are as expected. If nothing differs, it has no line.
    pub fn compare(&self, found: &FoundTrace<'_>) -> Vec<Line> {
        let mut comparison = Comparison {
            found,
            lines: Vec::new(),
        };
        comparison.level(&self.spans, self.others, &found.tops(), 0);
        let lines = comparison.lines;
        match lines.iter().all(|line| line.mark == Mark::Same) {
            true => Vec::new(),
            false => lines,
        }
    }
}

struct Comparison<'a> {
    found: &'a FoundTrace<'a>,
    lines: Vec<Line>,
}

impl Comparison<'_> {
    fn level(&mut self, expected: &[ExpectedSpan], others: bool, spans: &[usize], depth: usize) {
        let siblings = Siblings::new(expected, self.found, spans);
        let mut left = siblings.left();
        for (entry, wanted) in expected.iter().enumerate() {
            let exact = siblings.members(entry);
            if let Some(first) = exact.first() {
                let text = times(self.head(*first), exact.len());
                self.add(Mark::Same, depth, text);
            }
            let lacking = wanted.count.min.saturating_sub(exact.len());
            let alike = self.take_alike(wanted, lacking, &mut left);
            for (index, facts) in &alike {
                self.alike(wanted, *index, facts, depth);
            }
            if alike.len() < lacking {
                self.missing(wanted, exact.len() + alike.len(), depth);
            }
        }
        left.retain(|index| !others || siblings.entry_of(*index).is_some());
        self.unexpected(expected, &siblings, &left, depth);
    }

    /// Takes out of `left` spans with the name of `wanted` that differ from it otherwise,
    /// those with the fewest differences first.
    fn take_alike(
        &self,
        wanted: &ExpectedSpan,
        lacking: usize,
        left: &mut Vec<usize>,
    ) -> Vec<(usize, Vec<Fact>)> {
        if lacking == 0 {
            return Vec::new();
        }
        let named = |index: &&usize| self.found.span(**index).name == wanted.name.value;
        let facts = |index: &usize| (*index, differing(wanted, self.found, *index));
        let mut alike: Vec<_> = left.iter().filter(named).map(facts).collect();
        alike.sort_by_key(|(_, facts)| facts.len());
        alike.truncate(lacking);
        left.retain(|index| !alike.iter().any(|(taken, _)| taken == index));
        alike
    }

    fn alike(&mut self, wanted: &ExpectedSpan, index: usize, facts: &[Fact], depth: usize) {
        self.add(Mark::Same, depth, self.head(index));
        for fact in facts {
            let expected = format!("{} (line {})", fact.expected, wanted.line());
            self.add(Mark::Missing, depth + 1, expected);
            if let Some(found) = &fact.found {
                self.add(Mark::Unexpected, depth + 1, found.clone());
            }
        }
        let found = self.found;
        self.level(
            &wanted.children,
            wanted.others,
            found.children(index),
            depth + 1,
        );
    }

    fn missing(&mut self, wanted: &ExpectedSpan, there: usize, depth: usize) {
        let parts = [
            wanted.service.as_deref(),
            wanted.kind.map(|kind| kind.name()),
            Some(wanted.name.value.as_str()),
        ];
        let head: Vec<&str> = parts.into_iter().flatten().collect();
        let text = format!("{} {}", head.join(" "), place(wanted, there));
        self.add(Mark::Missing, depth, text);
    }

    /// Says what is `left`, the same ones in one line.
    fn unexpected(
        &mut self,
        expected: &[ExpectedSpan],
        siblings: &Siblings,
        left: &[usize],
        depth: usize,
    ) {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for index in left {
            let head = self.head(*index);
            match groups.iter_mut().find(|(known, _)| *known == head) {
                Some((_, group)) => group.push(*index),
                None => groups.push((head, vec![*index])),
            }
        }
        for (head, group) in groups {
            let mut text = times(head, group.len());
            let entry = group.iter().find_map(|index| siblings.entry_of(*index));
            if let Some(entry) = entry {
                let there = siblings.members(entry).len() + group.len();
                text.push_str(&format!(" {}", place(&expected[entry], there)));
            }
            let below: usize = group.iter().map(|index| self.below(*index)).sum();
            if below > 0 {
                text.push_str(&format!(" and {below} below"));
            }
            self.add(Mark::Unexpected, depth, text);
        }
    }

    /// How many spans are below one.
    fn below(&self, index: usize) -> usize {
        let mut stack = self.found.children(index).to_vec();
        let mut count = 0;
        while let Some(next) = stack.pop() {
            count += 1;
            stack.extend(self.found.children(next));
        }
        count
    }

    fn head(&self, index: usize) -> String {
        let span = self.found.span(index);
        format!("{} {} {}", span.service, span.kind.name(), span.name)
    }

    fn add(&mut self, mark: Mark, depth: usize, text: String) {
        self.lines.push(Line { mark, depth, text });
    }
}

fn times(head: String, count: usize) -> String {
    match count {
        1 => head,
        more => format!("{head} ×{more}"),
    }
}

/// Where a span is expected, and how often if that isn't plain.
fn place(wanted: &ExpectedSpan, there: usize) -> String {
    let line = wanted.line();
    match (wanted.count.min, wanted.count.max, there) {
        (1, 1, 0) => format!("(line {line})"),
        _ => format!("(line {line}: {} expected, {there} found)", wanted.count),
    }
}

#[cfg(test)]
mod tests;
