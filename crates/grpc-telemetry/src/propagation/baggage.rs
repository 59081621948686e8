//! The `baggage` header: names and values that travel along with a trace.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::Context;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::carrier::trim;

/// Members that are kept and sent: the most that the grammar has; the specification requires 64.
const MAX_MEMBERS: usize = 180;
/// The longest header that is kept and sent, in bytes, as the specification requires.
const MAX_LENGTH: usize = 8192;

/// What a value has as a code: all that may not stand in it ([`is_octet`]), and the `%` of the codes.
const ENCODED: AsciiSet = CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b',')
    .add(b';')
    .add(b'\\');

static EMPTY: Baggage = Baggage {
    text: String::new(),
    members: 0,
};

/// Names and values that travel with a call, and with all calls made because of it.
///
/// It is kept as it came: unknown properties, the order and even repeated names are passed on
/// as they are. It is the caller's word, so nothing of it is trusted, and it is never logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Baggage {
    /// Valid members with commas between them, without white space around them.
    text: String,
    members: usize,
}

impl Baggage {
    /// The baggage of `context`.
    pub fn of(context: &Context) -> &Self {
        context.get().unwrap_or(&EMPTY)
    }

    /// Reads the values of all headers, in their order. A member that is malformed or
    /// doesn't fit any more is left out; the others count.
    pub(super) fn parse<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut baggage = Self::default();
        for value in values {
            baggage.text.reserve(value.len().min(MAX_LENGTH));
            for member in value.split(|byte| *byte == b',') {
                if let Some(member) = Member::parse(trim(member)) {
                    baggage.push(member.text);
                }
            }
        }
        baggage
    }

    /// Appends a member. Without room for all of it nothing happens.
    fn push(&mut self, member: &str) -> bool {
        let comma = usize::from(!self.is_empty());
        let fits = self.text.len() + comma + member.len() <= MAX_LENGTH;
        if !fits || self.members == MAX_MEMBERS {
            return false;
        }
        if comma > 0 {
            self.text.push(',');
        }
        self.text.push_str(member);
        self.members += 1;
        true
    }

    /// The value of `name`, decoded; the last one where there are several.
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.members().rfind(|member| member.key == name)?;
        Some(percent_decode_str(found.value).decode_utf8_lossy())
    }

    /// This baggage with `name` set to `value`, in place of any value it had. When the name is
    /// not a token or there is no room it stays as it is.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut changed = Self::default();
        for member in self.members().filter(|member| member.key != name) {
            changed.push(member.text);
        }
        let member = format!("{name}={}", utf8_percent_encode(value, &ENCODED));
        match is_token(name.as_bytes()) && changed.push(&member) {
            true => changed,
            false => self.clone(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.members == 0
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn members(&self) -> impl DoubleEndedIterator<Item = Member<'_>> {
        let members = self.text.split(',');
        members.filter_map(|member| Member::parse(member.as_bytes()))
    }
}

/// Says how much there is and not what, as that may be personal.
impl fmt::Debug for Baggage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Baggage({} members)", self.members)
    }
}

/// One name with its value, and all of it with its properties.
pub(super) struct Member<'a> {
    text: &'a str,
    key: &'a str,
    value: &'a str,
}

impl<'a> Member<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut parts = text.split(';');
        let (key, value) = parts.next()?.split_once('=')?;
        let (key, value) = (trim_text(key), trim_text(value));
        let valid = is_token(key.as_bytes()) && is_value(value) && parts.all(is_property);
        valid.then_some(Self { text, key, value })
    }
}

fn is_property(text: &str) -> bool {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    is_token(trim_text(key).as_bytes()) && is_value(trim_text(value))
}

fn trim_text(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// A token of RFC 7230.
fn is_token(text: &[u8]) -> bool {
    let is_token_byte =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_token_byte)
}

fn is_value(text: &str) -> bool {
    text.bytes().all(is_octet)
}

/// The bytes that a value has on the wire.
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}
