//! `trace`: traces that Jaeger has stored, of any program.

use trace_view::jaeger::Jaeger;

use crate::args::trace::{Action, Trace};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

pub mod assert;
pub mod show;
pub mod trace_id_from_stdin;

/// Shows or compares a trace.
///
/// # Errors
/// When there is no such trace, Jaeger can't be asked, or the file can't be read.
pub async fn run(what: Trace, console: &mut Console) -> Result<Outcome, Failure> {
    let Some(address) = console.jaeger().or(what.action.jaeger()) else {
        let sentence = "no Jaeger is set: give --jaeger http://localhost:16686, or JAEGER_URL";
        return Err(Failure::usage(sentence));
    };
    let jaeger = Jaeger::open(address.clone())?;
    match what.action {
        Action::Show { id } => {
            let id = trace_id_from_stdin::resolve(id, console).await?;
            show::run(id, what.wait, &jaeger, console).await
        }
        Action::Assert { file, id } => {
            let expected = assert::read(&file).await?;
            let id = trace_id_from_stdin::resolve(id, console).await?;
            assert::run(id, &file, &expected, what.wait, &jaeger, console).await
        }
    }
}
