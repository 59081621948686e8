//! Spans with one parent, and which of the expected ones each of them is.

use std::collections::HashMap;

use super::assign::assign;
use super::count::Count;
use super::facts::differing;
use super::file::ExpectedSpan;
use super::found::FoundTrace;

/// Spans, each with the expected one that it is in all its parts, if any.
#[derive(Debug)]
pub(crate) struct Siblings {
    spans: Vec<usize>,
    /// For each span the entry whose place it has.
    chosen: Vec<Option<usize>>,
    /// For each span an entry that it could be, if there were room.
    fitting: HashMap<usize, usize>,
}

impl Siblings {
    /// The siblings `spans` of a trace.
    pub(crate) fn new(expected: &[ExpectedSpan], found: &FoundTrace<'_>, spans: &[usize]) -> Self {
        let fits: Vec<Vec<usize>> = spans
            .iter()
            .map(|index| {
                let fitting = |entry: &usize| fits(&expected[*entry], found, *index);
                (0..expected.len()).filter(fitting).collect()
            })
            .collect();
        let counts: Vec<Count> = expected.iter().map(|wanted| wanted.count).collect();
        let first = |(index, fits): (&usize, &Vec<usize>)| Some((*index, *fits.first()?));
        Self {
            spans: spans.to_vec(),
            chosen: assign(&fits, &counts),
            fitting: spans.iter().zip(&fits).filter_map(first).collect(),
        }
    }

    /// The spans that are the expected one at `entry`.
    pub(crate) fn members(&self, entry: usize) -> Vec<usize> {
        self.with(Some(entry))
    }

    /// The spans that are not among the expected ones.
    pub(crate) fn left(&self) -> Vec<usize> {
        self.with(None)
    }

    fn with(&self, place: Option<usize>) -> Vec<usize> {
        let pairs = self.spans.iter().zip(&self.chosen);
        let members = pairs.filter(|(_, chosen)| **chosen == place);
        members.map(|(index, _)| *index).collect()
    }

    /// An entry that a span is like in all its parts, whether it has room or not.
    pub(crate) fn entry_of(&self, span: usize) -> Option<usize> {
        self.fitting.get(&span).copied()
    }

    /// Whether none is missing and none too much.
    fn are_exact(&self, expected: &[ExpectedSpan], others: bool) -> bool {
        let enough =
            |(entry, wanted): (usize, &ExpectedSpan)| self.members(entry).len() >= wanted.count.min;
        let allowed = |index: &usize| others && self.entry_of(*index).is_none();
        expected.iter().enumerate().all(enough) && self.left().iter().all(allowed)
    }
}

/// Whether a span is in all its parts as it is expected.
fn fits(wanted: &ExpectedSpan, found: &FoundTrace<'_>, index: usize) -> bool {
    if found.span(index).name != wanted.name.value || !differing(wanted, found, index).is_empty() {
        return false;
    }
    let children = Siblings::new(&wanted.children, found, found.children(index));
    children.are_exact(&wanted.children, wanted.others)
}
