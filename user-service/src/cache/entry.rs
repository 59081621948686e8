//! An entry as bytes: it names its key and carries a checksum, so that a
//! truncated, foreign or mixed-up value counts as a miss and never a wrong result.
//!
//! The key names the format of the entry. During a rolling update, replicas of two
//! formats would otherwise take each other's entries for invalid ones and remove them.

use prost::Message;

use super::Cached;
use crate::domain::{User, UserId};

/// The version of the format below, in the key and in the entry: raise it with each
/// change of the format.
const FORMAT: u8 = 1;
const CHECKSUM_BYTES: usize = 4;

/// `[format] [message] [CRC-32 of all before, little-endian]`.
#[derive(Message)]
struct Entry {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(message, tag = "2")]
    user: Option<EntryUser>,
}

#[derive(Message)]
struct EntryUser {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    email: String,
    #[prost(string, optional, tag = "3")]
    phone: Option<String>,
    #[prost(int64, tag = "4")]
    created_at: i64,
}

/// The key of the entry of `id`.
pub(super) fn key(id: UserId) -> String {
    format!("user:v{FORMAT}:{id}")
}

/// The entry of a user.
pub(super) fn of_user(user: User) -> Vec<u8> {
    encode(&Entry {
        id: user.id.get(),
        user: Some(EntryUser {
            name: user.name,
            email: user.email,
            phone: user.phone,
            created_at: user.created_at,
        }),
    })
}

/// The entry of an id without a user.
pub(super) fn of_absence(id: UserId) -> Vec<u8> {
    encode(&Entry {
        id: id.get(),
        user: None,
    })
}

/// What an entry found under `id` says; `None` if it is not a valid one of that id.
pub(super) fn decode(id: UserId, bytes: &[u8]) -> Option<Cached> {
    let (content, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>()?;
    if crc32fast::hash(content) != u32::from_le_bytes(*checksum) {
        return None;
    }
    let message = content.strip_prefix(&[FORMAT])?;
    let entry = Entry::decode(message).ok()?;
    if entry.id != id.get() {
        return None;
    }
    Some(match entry.user {
        None => Cached::Absent,
        Some(user) => Cached::User(User {
            id,
            name: user.name,
            email: user.email,
            phone: user.phone,
            created_at: user.created_at,
        }),
    })
}

fn encode(entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + entry.encoded_len() + CHECKSUM_BYTES);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&entry.encode_to_vec());
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample;

    fn id(number: i64) -> UserId {
        sample::user(number).id
    }

    fn user() -> User {
        User {
            phone: Some("+4930123456".into()),
            ..sample::user(7)
        }
    }

    #[test]
    fn an_entry_comes_back_as_it_went() {
        assert_eq!(decode(id(7), &of_user(user())), Some(Cached::User(user())));
        assert_eq!(decode(id(7), &of_absence(id(7))), Some(Cached::Absent));
    }

    #[test]
    fn an_entry_of_another_user_is_a_miss() {
        assert_eq!(decode(id(8), &of_user(user())), None);
        assert_eq!(decode(id(8), &of_absence(id(7))), None);
    }

    #[test]
    fn a_flipped_bit_anywhere_is_a_miss() {
        let entry = of_user(user());
        for bit in 0..entry.len() * 8 {
            let mut flipped = entry.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(id(7), &flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn a_truncated_entry_is_a_miss() {
        let entry = of_user(user());
        for length in 0..entry.len() {
            assert_eq!(decode(id(7), &entry[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn an_entry_of_another_format_is_a_miss() {
        let mut entry = of_user(user());
        entry.truncate(entry.len() - CHECKSUM_BYTES);
        entry[0] = FORMAT + 1;
        let checksum = crc32fast::hash(&entry);
        entry.extend_from_slice(&checksum.to_le_bytes());
        assert_eq!(decode(id(7), &entry), None);
    }
}
