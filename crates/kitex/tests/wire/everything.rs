//! A struct with a field of every type, filled at random.

use std::collections::BTreeMap;

use kitex_codec::DecodeError;
use kitex_codec::thrift::{Decode, Encode, Reader, Type, Writer};
use rand::RngExt;
use rand::rngs::StdRng;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Everything {
    bool: bool,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    double: f64,
    string: String,
    binary: Vec<u8>,
    list: Vec<i64>,
    set: Vec<String>,
    map: BTreeMap<String, i32>,
    structs: Vec<Everything>,
}

impl Everything {
    /// With at most `depth` levels of structs below it.
    pub(crate) fn random(random: &mut StdRng, depth: usize) -> Self {
        let mut structs = Vec::new();
        if depth > 0 {
            let count = random.random_range(0..3);
            structs.resize_with(count, || Self::random(random, depth - 1));
        }
        let strings = |random: &mut StdRng| -> Vec<_> {
            let count = random.random_range(0..4);
            (0..count).map(|_| text(random)).collect()
        };
        Self {
            bool: random.random(),
            i8: random.random(),
            i16: random.random(),
            i32: random.random(),
            i64: random.random(),
            double: random.random(),
            string: text(random),
            binary: text(random).into_bytes(),
            list: strings(random).iter().map(|_| random.random()).collect(),
            set: strings(random),
            map: strings(random)
                .into_iter()
                .map(|key| (key, random.random()))
                .collect(),
            structs,
        }
    }
}

/// Text of up to a thousand characters, mostly few.
fn text(random: &mut StdRng) -> String {
    let most = if random.random_bool(0.05) { 1000 } else { 12 };
    let length = random.random_range(0..most);
    (0..length).map(|_| random.random::<char>()).collect()
}

impl Decode for Everything {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut it = Self::default();
        while let Some(field) = reader.field()? {
            match (field.id, field.kind) {
                (1, Type::Bool) => it.bool = reader.bool()?,
                (2, Type::I8) => it.i8 = reader.i8()?,
                (3, Type::I16) => it.i16 = reader.i16()?,
                (4, Type::I32) => it.i32 = reader.i32()?,
                (5, Type::I64) => it.i64 = reader.i64()?,
                (6, Type::Double) => it.double = reader.double()?,
                (7, Type::String) => reader.string()?.clone_into(&mut it.string),
                (8, Type::String) => it.binary = reader.binary()?.to_vec(),
                (9, Type::List) => {
                    for _ in 0..reader.list(Type::I64)? {
                        it.list.push(reader.i64()?);
                    }
                }
                (10, Type::Set) => {
                    for _ in 0..reader.list(Type::String)? {
                        it.set.push(reader.string()?.to_owned());
                    }
                }
                (11, Type::Map) => {
                    for _ in 0..reader.map(Type::String, Type::I32)? {
                        let key = reader.string()?.to_owned();
                        it.map.insert(key, reader.i32()?);
                    }
                }
                (12, Type::List) => {
                    for _ in 0..reader.list(Type::Struct)? {
                        it.structs.push(reader.structure()?);
                    }
                }
                _ => reader.skip(field.kind)?,
            }
        }
        Ok(it)
    }
}

impl Encode for Everything {
    fn encode(&self, writer: &mut Writer<'_>) {
        writer.bool_field(1, self.bool);
        writer.field(2, Type::I8).i8(self.i8);
        writer.field(3, Type::I16).i16(self.i16);
        writer.i32_field(4, self.i32);
        writer.i64_field(5, self.i64);
        writer.field(6, Type::Double).double(self.double);
        writer.string_field(7, &self.string);
        writer.field(8, Type::String).binary(&self.binary);
        writer.field(9, Type::List).list(Type::I64, self.list.len());
        for value in &self.list {
            writer.i64(*value);
        }
        writer
            .field(10, Type::Set)
            .list(Type::String, self.set.len());
        for value in &self.set {
            writer.string(value);
        }
        let pairs = self.map.len();
        writer
            .field(11, Type::Map)
            .map(Type::String, Type::I32, pairs);
        for (key, value) in &self.map {
            writer.string(key);
            writer.i32(*value);
        }
        writer.structs_field(12, &self.structs);
    }
}

/// Knows none of the fields, and skips them.
pub(crate) struct Nothing;

impl Decode for Nothing {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        while let Some(field) = reader.field()? {
            reader.skip(field.kind)?;
        }
        Ok(Self)
    }
}

/// Randomness that a run with the same `CHAOS_SEED` has again.
pub(crate) fn seeded() -> StdRng {
    let given = std::env::var("CHAOS_SEED").ok();
    let seed = given.map_or_else(rand::random, |seed| seed.parse().unwrap());
    println!("CHAOS_SEED={seed}");
    rand::SeedableRng::seed_from_u64(seed)
}

/// How many times something random is tried: `quick`, or `long` in `cargo xtask chaos`.
pub(crate) fn rounds(quick: usize, long: usize) -> usize {
    match std::env::var("CHAOS").is_ok_and(|value| value == "long") {
        true => long,
        false => quick,
    }
}
