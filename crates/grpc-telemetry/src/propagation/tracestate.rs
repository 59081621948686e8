//! The `tracestate` header.

use std::fmt;

use opentelemetry::trace::TraceState;

use super::carrier::trim;

/// Members that a list may have; one with more is dropped whole.
const MAX_MEMBERS: usize = 32;
/// The longest list that is kept and sent, in characters; the specification requires 512.
const MAX_LENGTH: usize = 4096;
/// A list that is too long loses the members above this length first.
const LONG_MEMBER: usize = 128;
/// The longest key and the longest value.
const MAX_TEXT: usize = 256;

/// One vendor's entry, valid by the grammar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Member<'a> {
    key: &'a str,
    value: &'a str,
}

impl<'a> Member<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (key, value) = std::str::from_utf8(text).ok()?.split_once('=')?;
        (is_key(key.as_bytes()) && is_value(value.as_bytes())).then_some(Self { key, value })
    }

    fn length(&self) -> usize {
        self.key.len() + 1 + self.value.len()
    }
}

fn is_key(key: &[u8]) -> bool {
    let starts = key.first().is_some_and(|first| is_letter_or_digit(*first));
    let is_other = |byte: &u8| matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@');
    starts
        && key.len() <= MAX_TEXT
        && key
            .iter()
            .all(|byte| is_letter_or_digit(*byte) || is_other(byte))
}

fn is_letter_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// The space that a value may not end with is trimmed before, with the rest of the white space.
fn is_value(value: &[u8]) -> bool {
    (1..=MAX_TEXT).contains(&value.len())
        && value
            .iter()
            .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'='))
}

/// A list of members, borrowed from where they were sent or stored.
#[derive(Debug)]
pub(super) struct List<'a> {
    members: [Member<'a>; MAX_MEMBERS],
    count: usize,
}

impl<'a> List<'a> {
    const EMPTY: Self = Self {
        members: [Member { key: "", value: "" }; MAX_MEMBERS],
        count: 0,
    };

    /// Joins the values of all headers, in their order. One wrong member, or one too
    /// many, makes all of the list invalid; empty ones are none at all.
    pub(super) fn parse(values: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut list = Self::EMPTY;
        for value in values {
            for text in value.split(|byte| *byte == b',') {
                match trim(text) {
                    [] => {}
                    text => list.push(Member::parse(text)?)?,
                }
            }
        }
        list.shorten();
        Some(list)
    }

    /// `None` when the list is full.
    fn push(&mut self, member: Member<'a>) -> Option<()> {
        *self.members.get_mut(self.count)? = member;
        self.count += 1;
        Some(())
    }

    pub(super) fn members(&self) -> &[Member<'a>] {
        self.members.get(..self.count).unwrap_or_default()
    }

    fn length(&self) -> usize {
        let commas = self.count.saturating_sub(1);
        self.members().iter().map(Member::length).sum::<usize>() + commas
    }

    /// Drops whole members until the list is short enough: the long ones first, then from the end.
    fn shorten(&mut self) {
        while self.length() > MAX_LENGTH {
            let long = self
                .members()
                .iter()
                .rposition(|member| member.length() > LONG_MEMBER);
            let dropped = long.unwrap_or(self.count - 1);
            self.members.copy_within(dropped + 1..self.count, dropped);
            self.count -= 1;
        }
    }

    /// The list as the SDK holds it, for the samplers and the export. Its type knows only
    /// the keys of level 1; what it refuses is left out, and then the second value is true.
    pub(super) fn to_sdk(&self) -> (TraceState, bool) {
        let pairs = self
            .members()
            .iter()
            .map(|member| (member.key, member.value));
        if let Ok(state) = TraceState::from_key_value(pairs.clone()) {
            return (state, false);
        }
        let accepted = pairs.filter(|pair| TraceState::from_key_value([*pair]).is_ok());
        let state = TraceState::from_key_value(accepted).unwrap_or_default();
        (state, true)
    }
}

impl fmt::Display for List<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Member { key, value }) in self.members().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            for part in [comma, key, "=", value] {
                formatter.write_str(part)?;
            }
        }
        Ok(())
    }
}

/// The header for a span with this `state`, empty if there is nothing to send. `received` is
/// the list as it came where `state` could not hold all of it; what a sampler has changed
/// since then goes to the front of it.
pub(super) fn write(state: &TraceState, received: Option<&str>) -> String {
    if received.is_none() && state.into_iter().len() == 0 {
        return String::new();
    }
    let received = received.map(str::as_bytes).into_iter();
    let received = List::parse(received).unwrap_or(List::EMPTY);
    let held = state.into_iter().map(|(key, value)| Member { key, value });
    let changed = held.filter(|member| !received.members().contains(member));
    let mut list = List::EMPTY;
    for member in changed {
        // Full: the members on the right are the ones to lose.
        let _ = list.push(member);
    }
    let changes = list.count;
    for member in received.members() {
        if !list.members[..changes]
            .iter()
            .any(|it| it.key == member.key)
        {
            let _ = list.push(*member);
        }
    }
    list.shorten();
    let mut header = String::with_capacity(list.length());
    let _ = fmt::Write::write_fmt(&mut header, format_args!("{list}"));
    header
}
