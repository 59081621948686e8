//! Variables that are set to nothing, as compose files and CI pipelines pass them.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use crate::conflict::by_written_names;
use crate::help::{SubcommandHelp, without_idle_options};
use crate::without_secrets;

/// The variables for which an empty value is more than none.
#[derive(Clone, Copy, Debug)]
pub struct EmptyVariables {
    /// Those that switch a protection on: set to nothing they are refused, as a protection
    /// that is configured must not be silently off.
    pub refused: &'static [&'static str],
    /// Lists that have a default, and are empty when they are set to nothing.
    pub taken: &'static [&'static str],
}

/// Parses `arguments` and the environment for `command`, and returns `command` itself too, as it
/// was built. An empty variable counts as unset, except those that `empty` names; the help of
/// subcommands is as `help` says.
///
/// # Errors
/// When they are wrong; the error repeats no secret.
pub fn read(
    command: Command,
    empty: EmptyVariables,
    help: SubcommandHelp,
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
) -> Result<(Command, ArgMatches), clap::Error> {
    let refused: Vec<_> = command
        .get_arguments()
        .filter_map(|arg| refused(arg, empty))
        .collect();
    let prepared = |arg: Arg| match is_ignored(&arg, empty) {
        true => with_negative_numbers(arg).env(None::<&'static str>),
        false => with_negative_numbers(arg),
    };
    let parsing = || {
        let parsing = command.clone().mut_args(prepared);
        parsing.mut_subcommands(|subcommand| subcommand.mut_args(prepared))
    };
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let mut parsed = parsing();
    let matches = match parsed.try_get_matches_from_mut(&arguments) {
        Ok(matches) => matches,
        // Hiding options takes long, and only help and errors show them.
        Err(_) => {
            let mut command = without_idle_options(parsing(), help);
            let matches = command.try_get_matches_from_mut(&arguments);
            matches.map_err(|error| {
                without_secrets(by_written_names(&mut command, &arguments, error))
            })?
        }
    };
    let is_flag = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    match refused.into_iter().find(|(id, _)| !is_flag(id)) {
        Some((_, variable)) => Err(parsed.error(ErrorKind::ValueValidation, why(variable))),
        None => Ok((command, matches)),
    }
}

/// `arg` with negative numbers as values, so that what is wrong is their range.
fn with_negative_numbers(arg: Arg) -> Arg {
    let takes_values = arg.get_action().takes_values();
    arg.allow_negative_numbers(takes_values)
}

fn why(variable: &str) -> String {
    format!(
        "{variable} is set, but empty: give it a value, or unset it to do without what it protects"
    )
}

/// The id and the variable of an argument whose variable is refused, unless its flag is given.
fn refused(arg: &Arg, empty: EmptyVariables) -> Option<(String, &'static str)> {
    let variable = empty_variable(arg)?;
    let mut refused = empty.refused.iter();
    let name = refused.find(|name| **name == variable)?;
    Some((arg.get_id().to_string(), *name))
}

fn is_ignored(arg: &Arg, empty: EmptyVariables) -> bool {
    empty_variable(arg).is_some_and(|variable| !empty.taken.contains(&variable))
}

/// The variable of `arg`, if it is set to nothing.
fn empty_variable(arg: &Arg) -> Option<&str> {
    let variable = arg.get_env()?;
    let value = std::env::var_os(variable)?;
    value.is_empty().then_some(variable.to_str()?)
}
