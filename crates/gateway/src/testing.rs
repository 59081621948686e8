//! Descriptors for the tests.

use std::path::Path;

use prost_reflect::DescriptorPool;

/// A service with rules of all kinds.
pub(crate) fn shop() -> DescriptorPool {
    pool_of(include_str!("../testdata/shop.proto"))
}

/// The descriptors of `file`, which may import what is in `proto/`.
pub(crate) fn pool_of(file: &str) -> DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.proto"), file).unwrap();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let mut compiler = protox::Compiler::new([folder.path(), &shared]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file("test.proto").unwrap();
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
}
