//! The captured exchanges of `crates/kitex/tests/vectors`.

use std::fs;
use std::path::Path;

use kitex_codec::Frame;

use crate::peer::frames;

/// What was said on the first connection of a file.
pub(crate) struct Exchange {
    /// What the client sent.
    pub(crate) sent: Vec<u8>,
    /// What Kitex's server returned.
    answered: Vec<u8>,
}

impl Exchange {
    /// The frames that Kitex's server returned.
    pub(crate) fn answers(&self) -> Vec<Frame> {
        frames(&self.answered)
    }

    /// The only one of them.
    pub(crate) fn answer(&self) -> Frame {
        self.answers().pop().unwrap()
    }
}

/// The exchange in this file.
pub(crate) fn named(name: &str) -> Exchange {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/kitex/tests/vectors");
    let text = fs::read_to_string(folder.join(format!("{name}.hex"))).unwrap();
    let first = text.split("# connection 2").next().unwrap();
    let of = |side: &str| {
        let lines = first.lines().filter_map(|line| line.strip_prefix(side));
        lines.flat_map(unhex).collect()
    };
    Exchange {
        sent: of("> "),
        answered: of("< "),
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().map(|it| it.to_digit(16).unwrap()).collect();
    let bytes = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    bytes.map(|byte| u8::try_from(byte).unwrap()).collect()
}
