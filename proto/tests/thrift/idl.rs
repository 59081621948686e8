//! Reads a Thrift IDL of the simple kind that ours is: one field or method a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A field of a struct.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Field {
    pub(crate) is_required: bool,
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// A method of a service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Method {
    pub(crate) request: String,
    pub(crate) response: String,
    /// `server`, `client`, `bidirectional`, or empty.
    pub(crate) streaming: String,
}

/// The structs of an IDL by name, each with its fields by number, and its methods.
#[derive(Debug, Default)]
pub(crate) struct Idl {
    pub(crate) structs: BTreeMap<String, BTreeMap<i32, Field>>,
    pub(crate) methods: BTreeMap<String, Method>,
}

/// Where `thrift/user.thrift` is.
pub(crate) fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("thrift/user.thrift")
}

impl Idl {
    pub(crate) fn ours() -> Self {
        Self::parse(&fs::read_to_string(path()).unwrap())
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut idl = Self::default();
        let mut open = String::new();
        for line in text.lines() {
            let code = line.split("//").next().unwrap().trim();
            match code.split_once(' ') {
                Some(("struct", name)) => open = name.trim_end_matches(" {").to_owned(),
                Some(("service" | "namespace", _)) | None => {}
                Some((first, rest)) => match first.strip_suffix(':') {
                    Some(number) => {
                        let fields = idl.structs.entry(open.clone()).or_default();
                        let field = field(rest).unwrap_or_else(|| panic!("{line}"));
                        let before = fields.insert(number.parse().unwrap(), field);
                        assert_eq!(before, None, "{line}");
                    }
                    None => {
                        let (name, method) = method(code).unwrap_or_else(|| panic!("{line}"));
                        idl.methods.insert(name, method);
                    }
                },
            }
        }
        idl
    }
}

/// `required i64 id`
fn field(text: &str) -> Option<Field> {
    let (requiredness, rest) = text.split_once(' ')?;
    let (kind, name) = rest.rsplit_once(' ')?;
    Some(Field {
        is_required: requiredness == "required",
        kind: kind.to_owned(),
        name: name.to_owned(),
    })
}

/// `GetUserResponse GetUser(1: GetUserRequest req)`, maybe with `(streaming.mode="server")`
fn method(text: &str) -> Option<(String, Method)> {
    let (response, rest) = text.split_once(' ')?;
    let (name, rest) = rest.split_once("(1: ")?;
    let (request, rest) = rest.split_once(" req)")?;
    let streaming = rest.split('"').nth(1).unwrap_or_default();
    let method = Method {
        request: request.to_owned(),
        response: response.to_owned(),
        streaming: streaming.to_owned(),
    };
    Some((name.to_owned(), method))
}
