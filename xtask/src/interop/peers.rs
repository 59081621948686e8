//! The programs of others, by their sources in `testkit/peers`, whose dependencies are pinned.

use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::{programs, tools};

use crate::{Result, child};

/// A variable of the tests, and what it is set to: a command, an argument a line.
pub(super) type Variable = (&'static str, String);

/// Builds a program into a folder; fails with what is missing for it.
pub(super) type Build = fn(&Path) -> Result<Vec<Variable>>;

/// All of them.
pub(super) const ALL: [(&str, Build); 4] = [
    ("grpcio", grpcio),
    ("grpc-go and h2spec", go),
    ("grpc-js", grpc_js),
    (KITEX, kitex),
];

/// The name of the one whose clients speak Thrift.
pub(super) const KITEX: &str = "Kitex";

/// The modules of grpc-go's own client and of h2spec, both in the go.mod of the peer.
const GO_CLIENT: &str = "google.golang.org/grpc/interop/client";
const H2SPEC: &str = "github.com/summerwind/h2spec/cmd/h2spec";

/// Python's, on C-core.
fn grpcio(folder: &Path) -> Result<Vec<Variable>> {
    let (python, sources) = (python(folder, "grpcio")?, sources("grpcio"));
    let peer = format!(
        "{}\n{}",
        python.display(),
        sources.join("peer.py").display()
    );
    Ok(vec![
        ("INTEROP_PYTHON", python.display().to_string()),
        ("INTEROP_GRPCIO", peer),
    ])
}

/// Three programs of one module.
fn go(folder: &Path) -> Result<Vec<Variable>> {
    let go = found("go")?;
    let programs = [
        ("INTEROP_GRPC_GO", "grpc-go", "."),
        ("INTEROP_GO_CLIENT", "grpc-go-client", GO_CLIENT),
        ("INTEROP_H2SPEC", "h2spec", H2SPEC),
    ];
    let build = |(variable, name, package): (&'static str, &str, &str)| {
        let program = folder.join(name);
        let mut build = Command::new(&go);
        build.current_dir(sources("grpc-go"));
        build.args(["build", "-mod=readonly", "-o"]).arg(&program);
        run(build.arg(package))?;
        Ok((variable, program.display().to_string()))
    };
    programs.into_iter().map(build).collect()
}

/// Fetches the modules of Kitex's, which building it needs.
///
/// # Errors
/// If there is no Go, or no module proxy.
pub(super) fn fetch_kitex() -> Result {
    let mut fetch = Command::new(found("go")?);
    run(fetch
        .args(["mod", "download"])
        .current_dir(sources("kitex")))
}

/// Kitex's, with the code that it generates from the IDLs.
pub(super) fn kitex(folder: &Path) -> Result<Vec<Variable>> {
    let go = found("go")?;
    let sources = sources("kitex");
    run(Command::new(&go).arg("generate").current_dir(&sources))?;
    let program = folder.join("kitex");
    let mut build = Command::new(&go);
    build.current_dir(sources);
    run(build.args(["build", "-mod=readonly", "-o"]).arg(&program))?;
    Ok(vec![("INTEROP_KITEX", program.display().to_string())])
}

/// Node's.
fn grpc_js(folder: &Path) -> Result<Vec<Variable>> {
    Ok(vec![("INTEROP_GRPC_JS", node(folder, "grpc-js")?)])
}

/// A program of Node, whose dependencies are installed beside a copy of its sources.
pub(super) fn node(folder: &Path, name: &str) -> Result<String> {
    let (node, npm) = (found("node")?, found("npm")?);
    let copy = folder.join(name);
    std::fs::create_dir(&copy).map_err(|error| error.to_string())?;
    let files = std::fs::read_dir(sources(name)).map_err(|error| error.to_string())?;
    for file in files.flatten().filter(|file| file.path().is_file()) {
        let copied = std::fs::copy(file.path(), copy.join(file.file_name()));
        copied.map_err(|error| format!("a file of {name} can't be copied: {error}"))?;
    }
    let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    run(Command::new(npm).args(install).current_dir(&copy))?;
    Ok(format!(
        "{}\n{}",
        node.display(),
        copy.join("peer.js").display()
    ))
}

/// Python in an environment of its own, with the dependencies of the program `name`.
pub(super) fn python(folder: &Path, name: &str) -> Result<PathBuf> {
    let environment = folder.join(name);
    let python = environment.join("bin").join("python");
    let venv = ["-m", "venv"];
    run(Command::new(found("python3")?).args(venv).arg(&environment))?;
    let install = ["-m", "pip", "install", "--quiet", "--requirement"];
    let requirements = sources(name).join("requirements.txt");
    run(Command::new(&python).args(install).arg(requirements))?;
    Ok(python)
}

pub(super) fn sources(name: &str) -> PathBuf {
    tools::workspace().join("testkit").join("peers").join(name)
}

pub(super) fn found(program: &str) -> Result<PathBuf> {
    programs::find(program).ok_or_else(|| format!("{program} is not installed"))
}

pub(super) fn run(command: &mut Command) -> Result {
    child::output(command).map(drop)
}
