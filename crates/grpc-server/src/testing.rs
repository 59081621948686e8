//! What the tests of several modules need.

#![expect(clippy::unwrap_used, reason = "tests")]

/// The encoded `FileDescriptorSet` of `files`, which import one another; the last is compiled.
pub(crate) fn compiled(files: &[(&str, &str)], include_imports: bool) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for (name, proto) in files {
        std::fs::write(folder.path().join(name), proto).unwrap();
    }
    let mut compiler = protox::Compiler::new([folder.path()]).unwrap();
    compiler.include_imports(include_imports);
    compiler.open_file(files.last().unwrap().0).unwrap();
    compiler.encode_file_descriptor_set()
}
