//! `cargo xtask apply-test`: every overlay on a real API server, with Pod Security.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use xtask::tools;

use crate::{Result, child, deployment};

mod api_server;

use api_server::ApiServer;

/// The variable that names a cluster of the user's.
const KUBECONFIG: &str = "KUBECONFIG";

/// kubectl patches these whether they differ or not: it replaces a budget's selector as a whole, and does not know
/// what a server adds to a claim. `kubectl diff` finds no difference.
const ALWAYS_PATCHED: [&str; 2] = ["poddisruptionbudget.policy/", "statefulset.apps/"];

/// Applies each overlay: to the cluster of `KUBECONFIG`, which is left without them, or to an API server of its own.
pub(crate) fn test() -> Result {
    let given = env::var_os(KUBECONFIG).filter(|it| !it.is_empty());
    for overlay in deployment::OVERLAYS {
        eprintln!("==> {overlay}");
        match &given {
            Some(file) => {
                let cluster = Cluster::new(file.into(), overlay)?;
                let outcome = cluster.assert_applies();
                cluster.remove()?;
                outcome?;
            }
            None => {
                let server = ApiServer::start()?;
                Cluster::new(server.kubeconfig(), overlay)?.assert_applies()?;
            }
        }
    }
    Ok(())
}

/// An overlay, and where it is applied.
struct Cluster {
    kubeconfig: PathBuf,
    folder: PathBuf,
    manifests: Vec<Value>,
}

impl Cluster {
    fn new(kubeconfig: PathBuf, overlay: &str) -> Result<Self> {
        let folder = tools::workspace().join("deploy/kubernetes/overlays");
        let folder = folder.join(overlay);
        let mut kustomize =
            tools::kustomize(&folder).ok_or("neither kustomize nor kubectl is installed")?;
        let text = child::output(&mut kustomize)?.stdout;
        let manifests = serde_saphyr::from_multiple(&text)
            .map_err(|error| format!("{overlay} is not YAML: {error}"))?;
        Ok(Self {
            kubeconfig,
            folder,
            manifests,
        })
    }

    fn assert_applies(&self) -> Result {
        let said = self.kubectl(&["apply", "--warnings-as-errors", "-k"])?;
        eprintln!("    {} objects applied", said.lines().count());
        let again = self.kubectl(&["apply", "-k"])?;
        let changed: Vec<&str> = again.lines().filter(|it| is_changed(it)).collect();
        if !changed.is_empty() {
            return Err(format!("applied again, it says: {}", changed.join(", ")));
        }
        // It fails if there is a difference, and writes it.
        child::run(self.command().args(["diff", "-k"]).arg(&self.folder))?;
        // By force: the first apply owns the fields.
        let by_server = ["apply", "--server-side", "--force-conflicts"];
        self.kubectl(&[&by_server[..], &["--warnings-as-errors", "-k"]].concat())?;
        eprintln!("    applied again: unchanged; applied server-side: no warning");
        self.assert_pods()
    }

    /// Pod Security looks at pods, which controllers make later; here none may run.
    fn assert_pods(&self) -> Result {
        let pods: Vec<Value> = self.manifests.iter().filter_map(pod).collect();
        for pod in &pods {
            self.create(pod)?;
        }
        let first = pods.first().ok_or("the overlay has no pods")?;
        let mut privileged = first.clone();
        privileged["spec"]["containers"][0]["securityContext"] = json!({ "privileged": true });
        match self.create(&privileged) {
            Err(says) if says.contains("violates PodSecurity") => {
                eprintln!(
                    "    {} pods admitted, a privileged one rejected",
                    pods.len()
                );
                Ok(())
            }
            Err(says) => Err(says),
            Ok(()) => Err("a privileged pod was admitted".to_owned()),
        }
    }

    /// Has the server admit `manifest`, without storing it.
    fn create(&self, manifest: &Value) -> Result {
        let mut kubectl = self.command();
        kubectl.args([
            "create",
            "--dry-run=server",
            "--warnings-as-errors",
            "-f",
            "-",
        ]);
        child::output_of_input(&mut kubectl, &manifest.to_string()).map(drop)
    }

    fn remove(&self) -> Result {
        self.kubectl(&["delete", "--ignore-not-found", "--timeout=5m", "-k"])
            .map(drop)
    }

    fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        let mut kubectl = self.command();
        let kubectl = kubectl.args(arguments).arg(&self.folder);
        child::output(kubectl).map(|said| said.stdout)
    }

    fn command(&self) -> Command {
        let mut kubectl = Command::new("kubectl");
        kubectl
            .env(KUBECONFIG, &self.kubeconfig)
            .stdin(Stdio::null());
        kubectl
    }
}

/// Whether a line of `kubectl apply` is of an object that another apply changed.
fn is_changed(line: &str) -> bool {
    let is_always_patched = ALWAYS_PATCHED.iter().any(|kind| line.starts_with(kind));
    !line.ends_with(" unchanged") && !is_always_patched
}

/// A pod as a controller would make it of `manifest`, if that is of a kind that makes pods.
fn pod(manifest: &Value) -> Option<Value> {
    let spec = &manifest["spec"];
    let template = match manifest["kind"].as_str()? {
        "Deployment" | "StatefulSet" => &spec["template"],
        "CronJob" => &spec["jobTemplate"]["spec"]["template"],
        _ => return None,
    };
    let mut pod = template["spec"].clone();
    let claims = spec["volumeClaimTemplates"].as_array();
    for name in claims
        .into_iter()
        .flatten()
        .map(|it| &it["metadata"]["name"])
    {
        let claim = json!({ "name": name, "persistentVolumeClaim": { "claimName": name } });
        match pod["volumes"].as_array_mut() {
            Some(volumes) => volumes.push(claim),
            None => pod["volumes"] = json!([claim]),
        }
    }
    Some(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": manifest["metadata"]["name"],
            "namespace": manifest["metadata"]["namespace"],
            "labels": template["metadata"]["labels"],
        },
        "spec": pod,
    }))
}
