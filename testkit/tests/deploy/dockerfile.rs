//! The Dockerfile: what a linter can't know.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use xtask::tools;

use crate::support::{text, yaml};

/// Runs `script` in `folder`.
fn shell(script: &str, folder: &Path) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-ec", script]).current_dir(folder);
    shell.output().unwrap()
}

/// What the stage `manifests` runs.
fn command_of_manifests(dockerfile: &str) -> &str {
    let (_, stage) = dockerfile.split_once(" AS manifests\n").unwrap();
    let (_, command) = stage.split_once("\nRUN ").unwrap();
    command.split_once("\n\n").unwrap().0
}

/// Dependencies are compiled there, before any source is.
#[test]
fn cargo_reads_what_the_stage_of_manifests_leaves() {
    let dockerfile = text("Dockerfile");
    let folder = tempfile::tempdir().unwrap();
    let files = shell(
        "git ls-files '*.rs' '*Cargo.toml' Cargo.lock .cargo",
        tools::workspace(),
    );
    for file in String::from_utf8(files.stdout).unwrap().lines() {
        let copy = folder.path().join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(tools::workspace().join(file), copy).unwrap();
    }
    let stage = shell(command_of_manifests(&dockerfile), folder.path());
    assert!(stage.status.success(), "{stage:?}");
    // It has the settings of the C code of dependencies.
    assert!(folder.path().join(".cargo/config.toml").exists());
    let read = shell("cargo metadata --no-deps --format-version 1", folder.path());
    let metadata: Value = serde_json::from_slice(&read.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let manifest = package["manifest_path"].as_str().unwrap();
        let found = package["targets"].as_array().unwrap();
        // A build of one that is missing ends with "can't find".
        for name in named_targets(&fs::read_to_string(manifest).unwrap()) {
            assert!(
                found.iter().any(|it| it["name"] == name),
                "{manifest}: {name}"
            );
        }
    }
}

/// The names after `[[bin]]`, `[[test]]` and the like.
fn named_targets(manifest: &str) -> Vec<String> {
    let sections = manifest.split("\n[[").skip(1);
    let names = sections.filter_map(|it| it.split_once("\nname = \"")?.1.split_once('"'));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_repository() {
    let toolchain = text("rust-toolchain.toml");
    let line = toolchain
        .lines()
        .find(|it| it.starts_with("channel"))
        .unwrap();
    let version = line.split('"').nth(1).unwrap();
    let argument = format!("ARG RUST_VERSION={version}\n");
    assert!(text("Dockerfile").contains(&argument), "{argument}");
}

#[test]
fn no_image_runs_as_root_or_by_a_name() {
    let dockerfile = text("Dockerfile");
    let users: Vec<&str> = dockerfile
        .lines()
        .filter_map(|it| it.strip_prefix("USER "))
        .collect();
    assert_eq!(users, ["65532:65532"]);
    let deployment = yaml("deploy/kubernetes/base/deployment.yaml");
    let security = &deployment["spec"]["template"]["spec"]["securityContext"];
    assert_eq!(security["runAsUser"], 65532);
}

/// So that `cargo audit bin` and image scanners know what is inside.
#[test]
fn programs_in_images_say_which_crates_they_were_built_from() {
    let dockerfile = text("Dockerfile");
    let builds = dockerfile.matches("build --release").count();
    let auditable = "cargo auditable build --release --locked";
    assert_eq!(dockerfile.matches(auditable).count(), builds);
    assert!(builds > 0);
    assert!(dockerfile.contains("cargo install --locked --version"));
}

#[test]
fn every_base_image_is_an_argument_at_the_top() {
    let dockerfile = text("Dockerfile");
    let (top, stages) = dockerfile.split_once("\nFROM ").unwrap();
    let stages = format!("FROM {stages}");
    let from = stages.lines().filter_map(|it| it.strip_prefix("FROM "));
    let (bases, names): (Vec<&str>, Vec<&str>) =
        from.filter_map(|it| it.split_once(" AS ")).unzip();
    for base in bases {
        let argument = base.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
        let known = match argument {
            Some(name) => top.contains(&format!("ARG {name}=")),
            None => names.contains(&base),
        };
        assert!(known, "FROM {base}");
    }
}

/// Others, such as the tests, would compile the programs anew.
#[test]
fn the_folders_that_are_copied_have_all_that_the_programs_are_built_from() {
    let dockerfile = text("Dockerfile");
    let (_, build) = dockerfile.split_once("AS build\n").unwrap();
    let copied = build.lines().filter_map(|it| it.strip_prefix("COPY "));
    let copied: Vec<&str> = copied
        .filter_map(|it| Some(it.split_once(' ')?.0))
        .collect();
    let read = shell(
        "cargo metadata --no-deps --format-version 1",
        tools::workspace(),
    );
    let metadata: Value = serde_json::from_slice(&read.stdout).unwrap();
    let mut left = vec!["user-service".to_owned(), "user-client".to_owned()];
    let mut seen = Vec::new();
    while let Some(folder) = left.pop() {
        assert!(copied.iter().any(|it| folder.starts_with(it)), "{folder}");
        let others = built_from(&metadata, &folder);
        left.extend(others.into_iter().filter(|it| !seen.contains(it)));
        seen.push(folder);
    }
    assert!(seen.iter().any(|it| it.starts_with("crates/")));
}

/// The folders of the packages that the one in `folder` depends on, except in its tests.
fn built_from(metadata: &Value, folder: &str) -> Vec<String> {
    let root = tools::workspace();
    let manifest = root.join(folder).join("Cargo.toml");
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|it| Path::new(it["manifest_path"].as_str().unwrap()) == manifest);
    let dependencies = package.unwrap()["dependencies"].as_array().unwrap();
    let paths = dependencies.iter().filter(|it| it["kind"] != "dev");
    let paths = paths.filter_map(|it| Path::new(it["path"].as_str()?).strip_prefix(root).ok());
    paths.map(|it| it.to_str().unwrap().to_owned()).collect()
}
