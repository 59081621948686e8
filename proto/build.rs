//! Compiles the protos with protox, so that no `protoc` has to be installed.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=user");
    println!("cargo:rerun-if-changed=google");
    let mut compiler = protox::Compiler::new(["."])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_file("user/v1/user.proto")?;
    // Encoded by the compiler: the decoded `FileDescriptorSet` has no options of our own.
    std::fs::write(
        PathBuf::from(std::env::var("OUT_DIR")?).join("user_descriptor.bin"),
        compiler.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure()
        .codec_path("grpc_common::SmallBuffers")
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
