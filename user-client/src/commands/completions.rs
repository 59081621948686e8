//! `completions`: a script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

/// Writes the completion script for `shell`.
///
/// # Errors
/// When standard output can't be written to.
pub fn run(shell: Shell, console: &mut Console) -> Result<Outcome, Failure> {
    // Into memory first: the generator panics where it can't write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "user-client", &mut script);
    console.data(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Ok)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::args::Format;
    use crate::output::console::tests::console;

    #[test]
    fn every_shell_gets_a_script_that_knows_the_commands() {
        for shell in Shell::value_variants() {
            let (mut console, out, _) = console(Format::Table);
            run(*shell, &mut console).unwrap();
            assert!(out.text().contains("workflow"), "{shell}");
        }
    }
}
