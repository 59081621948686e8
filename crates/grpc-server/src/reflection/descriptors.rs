//! What is described, and where.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorError, DescriptorPool, FileDescriptor};

/// Descriptors that reflection can't serve.
#[derive(Debug, thiserror::Error)]
#[error("a descriptor of reflection is not valid: {0}")]
pub struct ReflectionError(#[from] DescriptorError);

/// A pool for each set: two of them may have the same type in files of different names.
pub(super) struct Descriptors(Vec<DescriptorPool>);

impl Descriptors {
    /// The descriptors in these encoded sets.
    pub(super) fn decode(sets: &[&[u8]]) -> Result<Self, ReflectionError> {
        let pools = sets.iter().map(|set| DescriptorPool::decode(*set));
        Ok(Self(pools.collect::<Result<_, _>>()?))
    }

    /// The full names of all services, in their order.
    pub(super) fn services(&self) -> impl Iterator<Item = String> {
        let services = self.0.iter().flat_map(DescriptorPool::services);
        let names = services.map(|service| service.full_name().to_owned());
        names.collect::<BTreeSet<_>>().into_iter()
    }

    /// The file by this name, encoded as all files here are.
    pub(super) fn file(&self, name: &str) -> Option<Vec<u8>> {
        self.first(|pool| pool.get_file_by_name(name))
    }

    /// The file that has `symbol`, by its full name.
    pub(super) fn file_of(&self, symbol: &str) -> Option<Vec<u8>> {
        self.first(|pool| file_of_type(pool, symbol).or_else(|| file_of_member(pool, symbol)))
    }

    /// The file that has the extension of `message` with this number.
    pub(super) fn file_of_extension(&self, message: &str, number: u32) -> Option<Vec<u8>> {
        self.first(|pool| {
            let message = pool.get_message_by_name(message)?;
            Some(message.get_extension(number)?.parent_file())
        })
    }

    /// The numbers of the extensions of `message`, in their order, if it is described.
    pub(super) fn extensions(&self, message: &str) -> Option<Vec<i32>> {
        let pools = self.0.iter();
        let described: Vec<_> = pools
            .filter_map(|pool| pool.get_message_by_name(message))
            .collect();
        let extensions = described.iter().flat_map(|message| message.extensions());
        let numbers: BTreeSet<_> = extensions.map(|extension| extension.number()).collect();
        let numbers = numbers.into_iter().flat_map(i32::try_from);
        (!described.is_empty()).then(|| numbers.collect())
    }

    fn first(&self, find: impl Fn(&DescriptorPool) -> Option<FileDescriptor>) -> Option<Vec<u8>> {
        let file = self.0.iter().find_map(find)?;
        Some(file.encode_to_vec())
    }
}

/// The file of a message, an enum, a service or an extension.
fn file_of_type(pool: &DescriptorPool, symbol: &str) -> Option<FileDescriptor> {
    let message = pool.get_message_by_name(symbol).map(|it| it.parent_file());
    message
        .or_else(|| pool.get_enum_by_name(symbol).map(|it| it.parent_file()))
        .or_else(|| pool.get_service_by_name(symbol).map(|it| it.parent_file()))
        .or_else(|| {
            pool.get_extension_by_name(symbol)
                .map(|it| it.parent_file())
        })
}

/// The file of a method, a field, a oneof or a value of an enum.
fn file_of_member(pool: &DescriptorPool, symbol: &str) -> Option<FileDescriptor> {
    let (parent, name) = symbol.rsplit_once('.')?;
    if let Some(service) = pool.get_service_by_name(parent) {
        let found = service.methods().any(|method| method.name() == name);
        return found.then(|| service.parent_file());
    }
    if let Some(message) = pool.get_message_by_name(parent) {
        let found = message.get_field_by_name(name).is_some()
            || message.oneofs().any(|oneof| oneof.name() == name);
        if found {
            return Some(message.parent_file());
        }
    }
    // The values of an enum are beside it, not in it.
    let mut enums = pool.all_enums();
    let found = enums.find(|it| it.values().any(|value| value.full_name() == symbol));
    found.map(|it| it.parent_file())
}
