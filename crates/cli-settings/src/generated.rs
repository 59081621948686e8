//! What is generated from a command line: completion scripts and man pages.

use std::io;
use std::path::Path;

use clap::Command;
use clap_complete::{Shell, generate};

use crate::help::{SubcommandHelp, without_idle_options};

/// The completion script of `command` for `shell`.
#[must_use]
pub fn completion_script(mut command: Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    if shell != Shell::Bash {
        generate(shell, &mut command, name, &mut script);
        return script;
    }
    // The generator for bash mixes two spellings of a name with a hyphen, and then completes
    // nothing below a subcommand (clap 6421). So it gets a name without one.
    let function = name.replace('-', "");
    generate(shell, &mut command, &function, &mut script);
    let registration = format!("complete -F _{function} -o bashdefault -o default {name}\n");
    script.extend_from_slice(registration.as_bytes());
    script
}

/// Writes a man page of `command` and one of each subcommand to `folder`, which it creates.
///
/// # Errors
/// If the folder or a page can't be written.
pub fn write_man_pages(command: Command, help: SubcommandHelp, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let command = without_help_commands(command);
    clap_mangen::generate_to(without_idle_options(command, help), folder)
}

/// A page of `help import` would repeat that of `import`.
fn without_help_commands(command: Command) -> Command {
    let command = command.disable_help_subcommand(true);
    command.mut_subcommands(without_help_commands)
}
