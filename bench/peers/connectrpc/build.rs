//! Generates GetUser of the repository's proto, without protoc.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use prost::Message;

const FOLDER: &str = "../../../proto";
const FILE: &str = "user/v1/user.proto";
/// What GetUser needs.
const MESSAGES: [&str; 3] = ["User", "GetUserRequest", "GetUserResponse"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut descriptors = protox::compile([FILE], [FOLDER])?;
    descriptors.file.retain(|file| file.name() == FILE);
    for file in &mut descriptors.file {
        file.dependency.clear();
        file.message_type
            .retain(|message| MESSAGES.contains(&message.name()));
        for service in &mut file.service {
            service.method.retain(|method| method.name() == "GetUser");
        }
    }
    let file = Path::new(&env::var("OUT_DIR")?).join("descriptors");
    fs::write(&file, descriptors.encode_to_vec())?;
    connectrpc_build::Config::new()
        .descriptor_set(file)
        .files(&[FILE])
        .generate_json(false)
        .include_file("_connectrpc.rs")
        .compile()?;
    Ok(())
}
