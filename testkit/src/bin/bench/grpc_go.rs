//! The server on grpc-go, in `testkit/peers/grpc-go`.

use std::env;
use std::path::Path;
use std::process::Command;

const NAME: &str = "grpc-go";

/// Builds it beside this program, under the name that is answered.
///
/// # Errors
/// Why it can't be built: there is no Go here, or no way to its modules.
pub(crate) fn build() -> Result<&'static str, String> {
    let this = env::current_exe().expect("a process knows its own file");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(NAME);
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(this.with_file_name(NAME))
        .current_dir(sources)
        .output()
        .map_err(|error| format!("go can't be run: {error}"))?;
    match built.status.success() {
        true => Ok(NAME),
        false => Err(String::from_utf8_lossy(&built.stderr).trim().to_owned()),
    }
}
