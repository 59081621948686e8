//! `completions` and `man`: what is generated from the command line.

use std::path::Path;

use cli_settings::Shell;

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

/// Writes the completion script for `shell`.
///
/// # Errors
/// If standard output can't be written to.
pub fn run(shell: Shell, console: &mut Console) -> Result<Outcome, Failure> {
    console.data(&String::from_utf8_lossy(&Args::completion_script(shell)))?;
    Ok(Outcome::Ok)
}

/// Writes the man pages to `folder`.
///
/// # Errors
/// If they can't be written.
pub fn write_man_pages(folder: &Path) -> Result<Outcome, Failure> {
    Args::write_man_pages(folder).map_err(|error| {
        let folder = folder.display();
        Failure::new(format!(
            "cannot write man pages to {folder}: {error}; correct --out"
        ))
    })?;
    Ok(Outcome::Ok)
}
