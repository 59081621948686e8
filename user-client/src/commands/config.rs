//! `config`: the settings in force.

use cli_settings::Settings;

use crate::args::Format;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

/// Shows every setting, and where its value comes from.
///
/// # Errors
/// When standard output can't be written to.
pub fn run(settings: &Settings, console: &mut Console) -> Result<Outcome, Failure> {
    let lines = match console.format() {
        Format::Table => settings.lines(),
        Format::Json => settings.json_lines(),
    };
    for line in lines {
        console.line(&line)?;
    }
    Ok(Outcome::Ok)
}
