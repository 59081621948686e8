//! The servers of `testkit/peers`, on frameworks of other languages.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Builds the peer `name` beside this program, where a process of that name is started.
/// Says why, and answers false, where that can't be done here.
pub(crate) fn built(name: &str) -> bool {
    let built = build(name);
    if let Err(why) = &built {
        println!("without {name}: {why}");
    }
    built.is_ok()
}

/// # Errors
/// Why it can't be built: there is no Go here, or no way to its modules.
fn build(name: &str) -> Result<(), String> {
    let this = env::current_exe().expect("a process knows its own file");
    let program = this.with_file_name(name);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(name);
    // What a framework generates isn't kept with the sources.
    go(&sources, &["generate".as_ref()])?;
    go(
        &sources,
        &["build".as_ref(), "-o".as_ref(), program.as_os_str()],
    )
}

fn go(folder: &Path, arguments: &[&OsStr]) -> Result<(), String> {
    let output = Command::new("go")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("go can't be run: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
