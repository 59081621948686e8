//! The comments of a proto.

use prost_reflect::FileDescriptor;

/// The comment before the declaration at `path` in `file`, if there is one.
pub(crate) fn of(file: &FileDescriptor, path: &[i32]) -> Option<String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref()?;
    let location = source.location.iter().find(|it| it.path == path)?;
    let comment = location.leading_comments.as_deref()?;
    let lines = comment
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The first sentence of `comment`.
pub(super) fn first_sentence(comment: &str) -> String {
    let line = comment.replace('\n', " ");
    match line.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => line,
    }
}
