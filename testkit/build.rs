//! Compiles the protocols of the interoperability tests.

use std::error::Error;
use std::path::PathBuf;

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let out_dir = PathBuf::from(std::env::var("OUT_DIR")?);
    for (proto, set) in [
        ("grpc/testing/test.proto", "testing.bin"),
        (
            "connectrpc/conformance/v1/conformance.proto",
            "conformance.bin",
        ),
    ] {
        let descriptors = protox::compile([proto], ["proto"])?;
        std::fs::write(out_dir.join(set), descriptors.encode_to_vec())?;
        tonic_prost_build::configure().compile_fds(descriptors)?;
    }
    Ok(())
}
