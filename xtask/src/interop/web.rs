//! The programs that test the gateway, by their sources in `testkit/peers`.

use std::path::Path;
use std::process::Command;

use super::peers::{self, Build, Variable};
use crate::{Result, child};

/// All of them.
pub(super) const ALL: [(&str, Build); 4] = [
    ("the Connect conformance suite", conformance),
    ("connect-es", connect),
    ("OpenAPI's tools", openapi),
    ("Chromium", chromium),
];

/// The module of the suite, in the go.mod of its folder.
const CONFORMANCE: &str = "connectrpc.com/conformance/cmd/connectconformance";

/// The suite, and the server that it tests.
fn conformance(folder: &Path) -> Result<Vec<Variable>> {
    let program = folder.join("connectconformance");
    let mut build = Command::new(peers::found("go")?);
    build.current_dir(peers::sources("connect-conformance"));
    build.args(["build", "-mod=readonly", "-o"]).arg(&program);
    peers::run(build.arg(CONFORMANCE))?;
    let example = [
        "build",
        "--locked",
        "--workspace",
        "--example",
        "conformance",
    ];
    child::run(child::cargo().args(example))?;
    let server = child::built("examples")?.join("conformance");
    let both = format!("{}\n{}", program.display(), server.display());
    Ok(vec![("INTEROP_CONFORMANCE", both)])
}

fn connect(folder: &Path) -> Result<Vec<Variable>> {
    Ok(vec![("INTEROP_CONNECT", peers::node(folder, "connect")?)])
}

fn openapi(folder: &Path) -> Result<Vec<Variable>> {
    let python = peers::python(folder, "openapi")?;
    let peer = peers::sources("openapi").join("peer.py");
    let both = format!("{}\n{}", python.display(), peer.display());
    Ok(vec![("INTEROP_OPENAPI", both)])
}

fn chromium(folder: &Path) -> Result<Vec<Variable>> {
    let browser = peers::found("chromium")?;
    let peer = peers::node(folder, "chromium")?;
    Ok(vec![
        ("INTEROP_CHROMIUM", peer),
        ("CHROMIUM", browser.display().to_string()),
    ])
}
