//! All that a file defines, nested or not, by full names.

use super::{EnumDescriptor, FieldDescriptor, FileDescriptor, MessageDescriptor};

impl FileDescriptor {
    /// The full name of what is `name` at the top of this file.
    pub fn full_name(&self, name: &str) -> String {
        member(&self.package, name)
    }

    /// All messages, each by its full name.
    pub fn messages(&self) -> Vec<(String, &MessageDescriptor)> {
        let mut found = Vec::new();
        add_messages(&mut found, &self.package, &self.messages);
        found
    }

    /// All enums, each by its full name.
    pub fn enums(&self) -> Vec<(String, &EnumDescriptor)> {
        let top = self.enums.iter().map(|it| (self.full_name(&it.name), it));
        let messages = self.messages().into_iter();
        let nested = messages.flat_map(|(parent, message)| {
            let enums = message.enums.iter();
            enums.map(move |it| (member(&parent, &it.name), it))
        });
        top.chain(nested).collect()
    }

    /// All extensions, each by its full name.
    pub fn extensions(&self) -> Vec<(String, &FieldDescriptor)> {
        let top = self.extensions.iter();
        let top = top.map(|it| (self.full_name(&it.name), it));
        let messages = self.messages().into_iter();
        let nested = messages.flat_map(|(parent, message)| {
            let extensions = message.extensions.iter();
            extensions.map(move |it| (member(&parent, &it.name), it))
        });
        top.chain(nested).collect()
    }
}

/// The full name of what is `name` in `scope`: a package or a message, or nothing.
pub fn member(scope: &str, name: &str) -> String {
    match scope {
        "" => name.to_owned(),
        scope => format!("{scope}.{name}"),
    }
}

fn add_messages<'a>(
    found: &mut Vec<(String, &'a MessageDescriptor)>,
    scope: &str,
    messages: &'a [MessageDescriptor],
) {
    for message in messages {
        let name = member(scope, &message.name);
        add_messages(found, &name, &message.messages);
        found.push((name, message));
    }
}
