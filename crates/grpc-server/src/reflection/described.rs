//! The described files, encoded until the first request: a start took a fifth of its instructions to
//! decode and index them.

use std::collections::HashSet;
use std::sync::OnceLock;

use grpc_common::descriptors::{FileImports, encoded_files};
use prost::bytes::Bytes;
use prost::{DecodeError, Message};

use super::descriptors::Descriptors;

/// Descriptors that reflection can't serve.
#[derive(Debug, thiserror::Error)]
pub enum ReflectionError {
    /// They can't be decoded.
    #[error("a descriptor of reflection is not valid: {0}")]
    Undecodable(#[from] DecodeError),
    /// A caller could not make sense of a file.
    #[error(
        "a descriptor of reflection is not valid: {file} imports {import}, which is not in its set: let the compiler include imports"
    )]
    NoImport {
        /// The file that imports.
        file: String,
        /// The file that it imports.
        import: String,
    },
}

/// The files of all sets.
pub(super) struct Described {
    files: Vec<Bytes>,
    decoded: OnceLock<Result<Descriptors, DecodeError>>,
}

impl Described {
    /// The files in these encoded sets.
    ///
    /// # Errors
    /// When one of them is not a `FileDescriptorSet` with all that its files import.
    pub(super) fn new(sets: &[&[u8]]) -> Result<Self, ReflectionError> {
        let mut files = Vec::new();
        for set in sets {
            let encoded = encoded_files(set)?;
            check_imports(&encoded)?;
            files.extend(encoded);
        }
        Ok(Self {
            files,
            decoded: OnceLock::new(),
        })
    }

    /// What they describe. The first call decodes them, which takes about a millisecond.
    ///
    /// # Errors
    /// When what a file defines can't be decoded.
    pub(super) fn descriptors(&self) -> Result<&Descriptors, &DecodeError> {
        let decode = || Descriptors::decode(&self.files);
        self.decoded.get_or_init(decode).as_ref()
    }
}

/// Refuses a set in which one of the `encoded` files imports what is not among them.
fn check_imports(encoded: &[Bytes]) -> Result<(), ReflectionError> {
    let decode = |file: &Bytes| FileImports::decode(file.clone());
    let files: Vec<_> = encoded.iter().map(decode).collect::<Result<_, _>>()?;
    let names: HashSet<_> = files.iter().map(|file| file.name.as_str()).collect();
    for file in &files {
        let mut imports = file.imports.iter();
        if let Some(import) = imports.find(|import| !names.contains(import.as_str())) {
            return Err(ReflectionError::NoImport {
                file: file.name.clone(),
                import: import.clone(),
            });
        }
    }
    Ok(())
}
