//! What is described, and where.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use grpc_common::descriptors::{FileDescriptor, member};
use prost::bytes::Bytes;
use prost::{DecodeError, Message};

/// The files of all sets, and which of them has what. Of two that have the same the first is
/// found: sets may have the same type in files of different names.
#[derive(Default)]
pub(super) struct Descriptors {
    files: Vec<Bytes>,
    /// Indexes of `files`, by their names.
    by_name: HashMap<String, usize>,
    /// By the full names of all that they define.
    by_symbol: HashMap<String, usize>,
    /// By the full name of a message and the number of an extension of it.
    extensions: HashMap<String, BTreeMap<i32, usize>>,
    services: BTreeSet<String>,
}

impl Descriptors {
    /// The descriptors in these encoded files.
    pub(super) fn decode(files: &[Bytes]) -> Result<Self, DecodeError> {
        let mut descriptors = Self::default();
        for encoded in files {
            let file = FileDescriptor::decode(encoded.clone())?;
            descriptors.add(encoded.clone(), &file);
        }
        Ok(descriptors)
    }

    fn add(&mut self, encoded: Bytes, file: &FileDescriptor) {
        // What several sets import is in each of them.
        if self.at(self.by_name.get(&file.name)) == Some(&encoded) {
            return;
        }
        let index = self.files.len();
        self.files.push(encoded);
        self.by_name.entry(file.name.clone()).or_insert(index);
        for symbol in symbols(file) {
            self.by_symbol.entry(symbol).or_insert(index);
        }
        for (message, _) in file.messages() {
            self.extensions.entry(message).or_default();
        }
        for (_, extension) in file.extensions() {
            let message = extension.extendee.trim_start_matches('.').to_owned();
            let numbers = self.extensions.entry(message).or_default();
            numbers.entry(extension.number).or_insert(index);
        }
        let services = file.services.iter();
        self.services
            .extend(services.map(|service| file.full_name(&service.name)));
    }

    /// The full names of all services, in their order.
    pub(super) fn services(&self) -> impl Iterator<Item = String> {
        self.services.iter().cloned()
    }

    /// The file by this name, encoded as all files here are.
    pub(super) fn file(&self, name: &str) -> Option<&Bytes> {
        self.at(self.by_name.get(name))
    }

    /// The file that has `symbol`, by its full name.
    pub(super) fn file_of(&self, symbol: &str) -> Option<&Bytes> {
        self.at(self.by_symbol.get(symbol))
    }

    /// The file that has the extension of `message` with this number.
    pub(super) fn file_of_extension(&self, message: &str, number: i32) -> Option<&Bytes> {
        self.at(self.extensions.get(message)?.get(&number))
    }

    /// The numbers of the extensions of `message`, in their order, if it is described.
    pub(super) fn extensions(&self, message: &str) -> Option<Vec<i32>> {
        let numbers = self.extensions.get(message)?;
        Some(numbers.keys().copied().collect())
    }

    fn at(&self, index: Option<&usize>) -> Option<&Bytes> {
        self.files.get(*index?)
    }
}

/// The full names of all that `file` defines.
fn symbols(file: &FileDescriptor) -> Vec<String> {
    let mut symbols = Vec::new();
    for (name, message) in file.messages() {
        symbols.extend(message.fields.iter().map(|it| member(&name, &it.name)));
        symbols.extend(message.oneofs.iter().map(|it| member(&name, &it.name)));
        symbols.push(name);
    }
    for (name, it) in file.enums() {
        // The values of an enum are beside it, not in it.
        let scope = name.rsplit_once('.').map_or("", |(scope, _)| scope);
        symbols.extend(it.values.iter().map(|value| member(scope, &value.name)));
        symbols.push(name);
    }
    for service in &file.services {
        let name = file.full_name(&service.name);
        symbols.extend(service.methods.iter().map(|it| member(&name, &it.name)));
        symbols.push(name);
    }
    symbols.extend(file.extensions().into_iter().map(|(name, _)| name));
    symbols
}

#[cfg(test)]
mod tests;
