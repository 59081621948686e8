//! Programs that check or use the files of `deploy/`: from `PATH`, or from
//! where `cargo xtask test` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs;

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Where the tool `name` is installed to: no other project sees it, and `cargo clean` removes it.
pub fn folder(name: &str) -> PathBuf {
    workspace().join("target/tools").join(name)
}

/// The program `name`, if it is installed.
pub fn find(name: &str) -> Option<PathBuf> {
    let own = folder(name).join("bin").join(name);
    own.is_file()
        .then_some(own)
        .or_else(|| programs::find(name))
}

/// A command that writes the manifests of the kustomization in `folder` to
/// standard output, if there is a program for it.
pub fn kustomize(folder: &Path) -> Option<Command> {
    let mut command = match find("kustomize") {
        Some(kustomize) => {
            let mut command = Command::new(kustomize);
            command.arg("build");
            command
        }
        None => {
            let mut command = Command::new(find("kubectl")?);
            command.arg("kustomize");
            command
        }
    };
    command.arg(folder);
    Some(command)
}
