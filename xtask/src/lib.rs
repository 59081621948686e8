//! Where this machine keeps the programs that tests need. A library, so that
//! `testkit` starts exactly the programs that `cargo xtask test` found.

pub mod http;
pub mod programs;
pub mod tools;
