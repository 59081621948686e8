//! Errors of settings that exclude each other, by the names that the user wrote.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// `error` as it is, unless two settings exclude each other: clap names the flags of both, also
/// if their variables are set, where there is no flag to remove.
pub(crate) fn by_written_names(
    command: &mut Command,
    arguments: &[OsString],
    error: clap::Error,
) -> clap::Error {
    let Some([one, other]) = excluded(&error) else {
        return error;
    };
    let written = |shown: &str| written_name(command, arguments, shown);
    let (Some(one), Some(other)) = (written(one), written(other)) else {
        return error;
    };
    let message = format!("{one} cannot be used with {other}: leave one of them out");
    command.error(ErrorKind::ArgumentConflict, message)
}

/// The two settings of `error` as clap shows them, such as `--database-url <URL>`.
fn excluded(error: &clap::Error) -> Option<[&str; 2]> {
    let setting = |kind| match error.get(kind) {
        Some(ContextValue::String(setting)) => Some(setting.as_str()),
        _ => None,
    };
    let both = [
        setting(ContextKind::InvalidArg)?,
        setting(ContextKind::PriorArg)?,
    ];
    (error.kind() == ErrorKind::ArgumentConflict).then_some(both)
}

/// The flag of the setting that clap shows as `shown` if it is in `arguments`, and else its variable.
fn written_name(command: &Command, arguments: &[OsString], shown: &str) -> Option<String> {
    let flag = shown.split(' ').next()?;
    let with_value = format!("{flag}=");
    let is_written = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        argument == flag || argument.starts_with(&with_value)
    };
    if arguments.iter().any(is_written) {
        return Some(flag.to_owned());
    }
    let is_shown = |arg: &&Arg| arg.to_string() == shown;
    let arg = command.get_arguments().find(is_shown)?;
    Some(arg.get_env()?.to_str()?.to_owned())
}
