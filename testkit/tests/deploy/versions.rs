//! deploy/versions.env: one version of each image, wherever it is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::{compose, path, text, yaml};

/// The images that this repository builds.
const OWN: [&str; 2] = ["user-service", "user-client"];

/// Names and values of deploy/versions.env.
fn versions() -> BTreeMap<String, String> {
    let text = text("deploy/versions.env");
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    let pairs = lines.filter_map(|it| it.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The images in compose.yaml, each with the file.
fn composed() -> BTreeSet<(String, String)> {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    services
        .values()
        .filter_map(|it| it["image"].as_str())
        .map(|image| (image.to_owned(), "compose.yaml".to_owned()))
        .collect()
}

/// The images in all files below `folder`, each with its file.
fn in_manifests(folder: &Path) -> BTreeSet<(String, String)> {
    let mut images = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.is_dir() {
            images.append(&mut in_manifests(&file));
            continue;
        }
        let name = file.display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let lines = text
            .lines()
            .filter_map(|it| it.trim().strip_prefix("image: "));
        images.extend(lines.map(|image| (image.to_owned(), name.clone())));
    }
    images
}

fn is_own(image: &str) -> bool {
    OWN.contains(&image.split(':').next().unwrap())
}

#[test]
fn compose_and_the_manifests_have_the_versions_of_the_list() {
    let versions = versions();
    let listed: BTreeSet<&str> = versions.values().map(String::as_str).collect();
    let mut images = composed();
    images.extend(in_manifests(&path("deploy/kubernetes")));
    for (image, file) in images.iter().filter(|(image, _)| !is_own(image)) {
        assert!(
            listed.contains(image.as_str()),
            "{file} has {image}, which is not in deploy/versions.env"
        );
    }
    let used: BTreeSet<&str> = images.iter().map(|(image, _)| image.as_str()).collect();
    for (name, image) in versions.iter().filter(|(_, value)| value.contains(':')) {
        let of_dockerfile = ["BUILD_IMAGE", "RUNTIME_IMAGE"].contains(&name.as_str());
        assert!(
            of_dockerfile || used.contains(image.as_str()),
            "nothing uses {image}"
        );
        assert!(!image.ends_with(":latest"), "{image}");
    }
}

#[test]
fn the_dockerfile_has_the_versions_of_the_list() {
    let versions = versions();
    let dockerfile = text("Dockerfile");
    let (top, _) = dockerfile.split_once("\nFROM ").unwrap();
    for argument in top.lines().filter_map(|it| it.strip_prefix("ARG ")) {
        let (name, value) = argument.split_once('=').unwrap();
        let value = value.replace("${RUST_VERSION}", &versions["RUST_VERSION"]);
        assert_eq!(versions.get(name), Some(&value), "ARG {name}");
    }
}

#[test]
fn production_runs_the_version_of_the_workspace() {
    let version = env!("CARGO_PKG_VERSION");
    let overlay = yaml("deploy/kubernetes/overlays/production/kustomization.yaml");
    for image in overlay["images"].as_array().unwrap() {
        assert_eq!(image["newTag"], version, "{}", image["name"]);
    }
}
