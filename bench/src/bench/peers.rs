//! The servers of `bench/peers`, on other frameworks.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Builds the peer `name` beside this program, where a process of that name is started.
/// Prints why, and returns false, if that can't be done here.
pub(crate) fn built(name: &str) -> bool {
    let built = build(name);
    if let Err(why) = &built {
        println!("without {name}: {why}");
    }
    built.is_ok()
}

/// # Errors
/// Why it can't be built: there is no compiler here, no library, or no way to its modules.
fn build(name: &str) -> Result<(), String> {
    let this = env::current_exe().expect("a process knows its own file");
    let program = this.with_file_name(name);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(name);
    if sources.join("Cargo.toml").exists() {
        return cargo(&sources, name, &program);
    }
    if !sources.join("go.mod").exists() {
        let program = format!("PROGRAM={}", program.display());
        return run(&sources, "make", &[program.as_ref()]);
    }
    // What a framework generates isn't kept with the sources.
    run(&sources, "go", &["generate".as_ref()])?;
    let build = ["build".as_ref(), "-o".as_ref(), program.as_os_str()];
    run(&sources, "go", &build)
}

/// Its dependencies are built in a folder beside this program, apart from the product's.
fn cargo(sources: &Path, name: &str, program: &Path) -> Result<(), String> {
    let target = program.with_file_name("peers");
    let build = ["build", "--release", "--locked", "--quiet", "--target-dir"];
    let mut arguments = build.map(OsStr::new).to_vec();
    arguments.push(target.as_os_str());
    run(sources, "cargo", &arguments)?;
    let built = target.join("release").join(format!("{name}-peer"));
    fs::copy(&built, program)
        .map(drop)
        .map_err(|error| format!("{} can't be copied: {error}", built.display()))
}

fn run(folder: &Path, tool: &str, arguments: &[&OsStr]) -> Result<(), String> {
    let output = Command::new(tool)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("{tool} can't be run: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
