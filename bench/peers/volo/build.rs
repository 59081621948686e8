//! Generates what the repository's proto describes.

use std::error::Error;

const FOLDER: &str = "../../../proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    volo_build::Builder::protobuf()
        .add_service(format!("{FOLDER}/user/v1/user.proto"))
        .include_dirs(vec![FOLDER.into()])
        .write()?;
    Ok(())
}
