//! What the generators of Go programs make of the IDL. They are Go programs themselves, in the
//! versions of `bench/peers/kitex/go.mod`; where Go or they are missing, a line says so.

use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::idl;

/// Builds the program `package`, unless that can't be done here.
fn build(package: &str) -> Option<PathBuf> {
    let name = package.rsplit('/').next().unwrap();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut command = Command::new("go");
    command
        .args(["build", "-mod=readonly", "-o"])
        .arg(&program)
        .arg(package)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../bench/peers/kitex"));
    let why = match command.output() {
        Ok(built) if built.status.success() => return Some(program),
        Ok(failed) => String::from_utf8_lossy(&failed.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    // Not captured, as that of a test that passes would be.
    let why = why.trim().lines().last().unwrap_or_default();
    let line = format!("skipped: `go build {package}`: {why}\n");
    stderr().write_all(line.as_bytes()).unwrap();
    None
}

/// An empty folder for what `program` writes.
fn empty(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn assert_success(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn thriftgo_compiles_the_idl() {
    let Some(thriftgo) = build("github.com/cloudwego/thriftgo") else {
        return;
    };
    let folder = empty("thriftgo-out");
    let mut command = Command::new(thriftgo);
    command
        .args(["-g", "go", "-o"])
        .arg(&folder)
        .arg(idl::path());
    assert_success(&command.output().unwrap());
    let code = fs::read_to_string(folder.join("user/user.go")).unwrap();
    for name in idl::Idl::ours().structs.keys() {
        assert!(code.contains(&format!("type {name} struct {{")), "{name}");
    }
}

#[test]
fn kitex_generates_a_client_with_every_call() {
    let Some(kitex) = build("github.com/cloudwego/kitex/tool/cmd/kitex") else {
        return;
    };
    let folder = empty("kitex-out");
    fs::write(folder.join("go.mod"), "module generated\n").unwrap();
    let mut command = Command::new(kitex);
    command
        .args(["-module", "generated", "-streamx"])
        .arg(idl::path())
        .current_dir(&folder);
    assert_success(&command.output().unwrap());
    let client = folder.join("kitex_gen/user/userservice/client.go");
    let code = fs::read_to_string(client).unwrap();
    for (name, method) in idl::Idl::ours().methods {
        let (request, response) = (&method.request, &method.response);
        let stream = format!("(stream UserService_{name}Client, err error)");
        let signature = match &*method.streaming {
            "" => format!("{name}(ctx context.Context, req *user.{request},"),
            "server" => format!("streaming.ServerStreamingClient[user.{response}]"),
            "client" => format!("streaming.ClientStreamingClient[user.{request}, user.{response}]"),
            _ => format!("streaming.BidiStreamingClient[user.{request}, user.{response}]"),
        };
        assert!(code.contains(&signature), "{signature}");
        assert_eq!(
            code.contains(&stream),
            !method.streaming.is_empty(),
            "{name}"
        );
    }
}
