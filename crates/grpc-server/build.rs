//! Compiles the proto with protox, so that no `protoc` has to be installed.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.open_file("health.proto")?;
    std::fs::write(
        PathBuf::from(std::env::var("OUT_DIR")?).join("health_descriptor.bin"),
        compiler.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure()
        .build_client(false)
        .codec_path("grpc_common::SmallBuffers")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
