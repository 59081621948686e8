//! The files, as the tests read them.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;
use xtask::tools;

/// The overlays that are applied.
const OVERLAYS: [&str; 2] = ["self-contained", "production"];

/// A path below the folder of the workspace.
pub(crate) fn path(file: &str) -> PathBuf {
    tools::workspace().join(file)
}

/// The content of a file of the workspace.
pub(crate) fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A YAML file of the workspace.
pub(crate) fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// compose.yaml.
pub(crate) fn compose() -> Value {
    yaml("compose.yaml")
}

/// Every manifest of every overlay, as it is applied. None, with a line that
/// says why, where no kustomize is to be had.
pub(crate) fn manifests() -> Vec<Manifest> {
    OVERLAYS.iter().flat_map(|it| rendered(it)).collect()
}

/// A manifest, and the overlay that it is of.
pub(crate) struct Manifest {
    pub(crate) overlay: &'static str,
    pub(crate) content: Value,
}

impl Manifest {
    /// Such as "Deployment".
    pub(crate) fn kind(&self) -> &str {
        self.content["kind"].as_str().unwrap()
    }

    /// Such as "user-service".
    pub(crate) fn name(&self) -> &str {
        self.content["metadata"]["name"].as_str().unwrap()
    }

    /// Where it is, for messages.
    pub(crate) fn place(&self) -> String {
        format!("{} {} of {}", self.kind(), self.name(), self.overlay)
    }

    /// What pods are made by, if it makes any.
    pub(crate) fn pod(&self) -> Option<&Value> {
        let spec = &self.content["spec"];
        let pod = match self.kind() {
            "CronJob" => &spec["jobTemplate"]["spec"]["template"]["spec"],
            "Pod" => spec,
            _ => &spec["template"]["spec"],
        };
        pod.is_object().then_some(pod)
    }
}

/// All containers of a pod, those that run before it included.
pub(crate) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers"]
        .into_iter()
        .flat_map(|key| pod[key].as_array().into_iter().flatten())
}

fn rendered(overlay: &'static str) -> Vec<Manifest> {
    let folder = path("deploy/kubernetes/overlays").join(overlay);
    let Some(mut kustomize) = tools::kustomize(&folder) else {
        // Not `eprintln!`, which is swallowed when a test passes.
        let line = b"skipped: the overlays are not looked at, as neither kustomize nor kubectl is installed\n";
        std::io::stderr().write_all(line).unwrap();
        return Vec::new();
    };
    let output = kustomize.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{overlay}: {errors}");
    let text = String::from_utf8(output.stdout).unwrap();
    let contents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    contents
        .into_iter()
        .map(|content| Manifest { overlay, content })
        .collect()
}
