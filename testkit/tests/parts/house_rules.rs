//! What ARCHITECTURE.md and CONTRIBUTING.md promise of the sources themselves, where neither
//! the compiler nor Cargo holds it.

mod arrows;
mod documents;
mod functions;
mod map;
mod printed;
mod rooms;
mod sources;
mod statements;
mod tasks;
mod words;
