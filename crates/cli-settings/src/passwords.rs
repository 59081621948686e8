//! Passwords that are typed as arguments, which every process of the machine can read.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// Refuses the first of the arguments `ids` that `holds_password` says of and that is on the
/// command line. A password may be in the environment or in a file.
///
/// # Errors
/// When there is one; the error names what to use instead.
pub fn refuse_passwords(
    command: &mut Command,
    matches: &ArgMatches,
    ids: &[&str],
    holds_password: impl Fn(&str) -> bool,
) -> Result<(), clap::Error> {
    let is_flag = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let Some(id) = ids.iter().find(|id| is_flag(id) && holds_password(id)) else {
        return Ok(());
    };
    let (variable, flag) = (id.to_uppercase(), id.replace('_', "-"));
    let why = format!(
        "a password in --{flag} can be read by every process: use {variable} or --{flag}-file"
    );
    Err(command.error(ErrorKind::ValueValidation, why))
}
