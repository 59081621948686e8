//! Files of users, read with bounded memory: what is in them, and what isn't fit to send.

use uuid::Uuid;

use user_proto::v1::CreateUsersRequest;

pub mod csv;
pub mod lines;
pub mod ndjson;
pub mod reader;
pub mod rejects;
mod window;

/// No record is longer than this, in bytes; a user is some hundreds.
pub const LONGEST_RECORD: usize = 64 * 1024;

/// The namespace of the request ids that are made from the content of rows. It
/// must stay: a file that is imported again is known again by it.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0c_1b8e_5d3a_4c57_9e21_7a44_d0b3_c8f5);

/// How a file is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Comma-separated values below a line of titles, or separated by another character.
    Csv,
    /// A JSON object on each line or over several, or a list of objects.
    Ndjson,
}

/// What a file has of one user, in the words of the file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RecordText {
    /// The name, the e-mail address and the phone number, as bytes that need not be text.
    Fields([Vec<u8>; 3]),
    /// A line.
    Line(Vec<u8>),
}

/// A record of a file: the line it begins at, its own words, and the user in it
/// or why there is none.
#[derive(Clone, Debug)]
pub struct Record {
    /// The first line of a file is 1.
    pub line: u64,
    /// To be written among the rejects if need be.
    pub source: RecordText,
    /// The user, or what is wrong.
    pub user: Result<CreateUsersRequest, String>,
}

/// A user to create whose request id is made from the content, so that the same
/// row is the same user however often it is sent.
pub fn user(name: String, email: String, phone: Option<String>) -> CreateUsersRequest {
    let phone = phone.filter(|phone| !phone.is_empty());
    // As JSON no two contents look the same.
    let content = serde_json::json!([name, email, phone]).to_string();
    CreateUsersRequest {
        request_id: Uuid::new_v5(&NAMESPACE, content.as_bytes()).to_string(),
        name,
        email,
        phone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str, email: &str, phone: Option<&str>) -> String {
        user(name.to_owned(), email.to_owned(), phone.map(str::to_owned)).request_id
    }

    #[test]
    fn request_id_of_a_row_is_stable() {
        assert_eq!(
            id("Ada", "ada@example.com", None),
            "ccc4587b-4d8f-5bfd-bcd3-970de3454980"
        );
        assert_eq!(
            id("Ada", "ada@example.com", Some("")),
            id("Ada", "ada@example.com", None)
        );
    }

    #[test]
    fn rows_that_differ_have_other_request_ids() {
        let ids = [
            id("Ada", "ada@example.com", None),
            id("Ada", "ada@example.com", Some("+4930123456")),
            id("Ad", "aada@example.com", None),
            id("ada", "ada@example.com", None),
        ];
        let different: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }
}
