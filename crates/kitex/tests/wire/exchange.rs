//! The captured exchanges in `tests/vectors`.

use std::fs;
use std::path::Path;

use bytes::BytesMut;
use kitex_codec::{DecodeError, Decoder, Frame};

/// What was said on one connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The name of the file, and the number of the connection if there are several.
    pub(crate) name: String,
    /// What the client sent.
    pub(crate) sent: Vec<u8>,
    /// What the server answered.
    pub(crate) answered: Vec<u8>,
}

impl Exchange {
    fn new(name: String) -> Self {
        Self {
            name,
            sent: Vec::new(),
            answered: Vec::new(),
        }
    }
}

/// All exchanges, in the order of their names.
pub(crate) fn all() -> Vec<Exchange> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files = fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "hex"))
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| read(path)).collect()
}

/// The exchange with this name.
pub(crate) fn named(name: &str) -> Exchange {
    let found = all().into_iter().find(|exchange| exchange.name == name);
    found.unwrap_or_else(|| panic!("no exchange {name}"))
}

fn read(path: &Path) -> Vec<Exchange> {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut exchanges = vec![Exchange::new(name.clone())];
    for line in fs::read_to_string(path).unwrap().lines() {
        let last = exchanges.last_mut().unwrap();
        match line.split_at(2) {
            ("# ", comment) => match comment.strip_prefix("connection ") {
                Some("1") | None => {}
                Some(number) => exchanges.push(Exchange::new(format!("{name} {number}"))),
            },
            ("> ", hex) => last.sent.extend(unhex(hex)),
            ("< ", hex) => last.answered.extend(unhex(hex)),
            _ => panic!("{name}: {line}"),
        }
    }
    exchanges
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().map(|it| it.to_digit(16).unwrap()).collect();
    let bytes = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]);
    bytes.map(|byte| u8::try_from(byte).unwrap()).collect()
}

/// The frames of `bytes`, and what is left behind the last one.
pub(crate) fn frames(bytes: &[u8]) -> Result<(Vec<Frame>, BytesMut), DecodeError> {
    let mut decoder = Decoder::default();
    let mut left = BytesMut::from(bytes);
    let mut frames = Vec::new();
    while let Some(frame) = decoder.decode(&mut left)? {
        frames.push(frame);
    }
    Ok((frames, left))
}

/// The one frame of `bytes`.
pub(crate) fn frame(bytes: &[u8]) -> Frame {
    let (frames, left) = frames(bytes).unwrap();
    assert!(left.is_empty());
    let [frame] = <[Frame; 1]>::try_from(frames).unwrap();
    frame
}
