//! The Dockerfile: what a linter can't know.

use crate::support::{text, yaml};

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
