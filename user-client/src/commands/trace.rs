//! `trace`: traces of any program, as they arrive or as Jaeger has stored them.

use trace_view::jaeger::Jaeger;

use crate::app::interrupted;
use crate::args::Global;
use crate::args::trace::{Action, Trace};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;

pub mod assert;
pub mod listen;
pub mod show;
pub mod trace_id_from_stdin;

/// Shows or compares a trace, or draws those that arrive.
///
/// # Errors
/// When there is no such trace, Jaeger can't be asked, the file can't be read, or an address can't be listened
/// on.
pub async fn run(what: Trace, global: &Global, console: &mut Console) -> Result<Outcome, Failure> {
    if let Action::Listen(args) = &what.action {
        return listen::run(args, what.wait, global, console).await;
    }
    tokio::select! {
        result = query(what, console) => result,
        () = interrupted() => Ok(Outcome::Interrupted),
    }
}

async fn query(what: Trace, console: &mut Console) -> Result<Outcome, Failure> {
    let Some(address) = console.jaeger().or(what.action.jaeger()) else {
        let sentence = "no Jaeger is set: give --jaeger http://localhost:16686, or JAEGER_URL";
        return Err(Failure::usage(sentence));
    };
    let jaeger = Jaeger::open(address.clone())?;
    match what.action {
        // It needs no Jaeger.
        Action::Listen(_) => Ok(Outcome::Ok),
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
