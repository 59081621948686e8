//! A variable that no program reads is a setting that silently does nothing.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{Process, Stream};

use crate::support::{compose, containers, manifests, text};

/// Read by the telemetry crate beside the `OTEL_*` variables, and so not in `--help`.
const TELEMETRY: [&str; 1] = ["TRACE_KEEP"];

const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

async fn help(program: &str, arguments: &[&str]) -> String {
    let mut process = Process::start(program, arguments, &[]);
    assert!(process.wait(LIMIT).await.success());
    process.text(Stream::Stdout)
}

/// Every variable that the program's help names, and those of telemetry.
async fn known(program: &str) -> BTreeSet<String> {
    let mut help = help(program, &["--help"]).await;
    if program == "user-client" {
        help.push_str(&self::help(program, &["gateway", "--help"]).await);
    }
    let named = help.split("[env: ").skip(1);
    let names = named.filter_map(|it| it.split(['=', ']']).next());
    let environment = text("docs/environment.md");
    // The table there is compared with what the programs do by a test of its own.
    let rows = environment.lines().filter_map(|it| it.strip_prefix("| `"));
    let working = rows.filter_map(|it| it.split_once("` | works |"));
    names
        .chain(working.map(|(name, _)| name))
        .chain(TELEMETRY)
        .map(str::to_owned)
        .collect()
}

/// The program in an image of ours.
fn program(image: &Value) -> Option<&'static str> {
    let image = image.as_str().unwrap();
    let name = image.rsplit('/').next().unwrap().split(':').next().unwrap();
    ["user-service", "user-client"]
        .into_iter()
        .find(|it| *it == name)
}

async fn assert_known(program: &str, variables: impl IntoIterator<Item = String>, place: &str) {
    let known = known(program).await;
    for variable in variables {
        assert!(
            known.contains(&variable),
            "{place}: {program} has no variable {variable}"
        );
    }
}

#[tokio::test]
async fn compose_sets_only_variables_that_exist() {
    for (name, service) in compose()["services"].as_object().unwrap() {
        let Some(program) = program(&service["image"]) else {
            continue;
        };
        let variables = service["environment"].as_object().unwrap().keys().cloned();
        assert_known(program, variables, name).await;
    }
}

#[tokio::test]
async fn manifests_set_only_variables_that_exist() {
    let manifests = manifests();
    for manifest in &manifests {
        for container in manifest.pod().into_iter().flat_map(containers) {
            let Some(program) = program(&container["image"]) else {
                continue;
            };
            let own = container["env"].as_array().into_iter().flatten();
            let (parts, own): (Vec<&Value>, Vec<&Value>) =
                own.partition(|it| it["valueFrom"]["fieldRef"].is_object());
            let mut variables: Vec<String> = own
                .iter()
                .map(|it| it["name"].as_str().unwrap().to_owned())
                .collect();
            // What comes from the downward API is put into another variable.
            for part in parts {
                let reference = format!("$({})", part["name"].as_str().unwrap());
                let used = own.iter().any(|it| {
                    it["value"]
                        .as_str()
                        .is_some_and(|it| it.contains(&reference))
                });
                assert!(used, "{}: nothing uses {reference}", manifest.place());
            }
            for source in container["envFrom"].as_array().into_iter().flatten() {
                let map = manifests.iter().find(|it| {
                    it.overlay == manifest.overlay
                        && it.kind() == "ConfigMap"
                        && it.content["metadata"]["name"] == source["configMapRef"]["name"]
                });
                variables.extend(
                    map.unwrap().content["data"]
                        .as_object()
                        .unwrap()
                        .keys()
                        .cloned(),
                );
            }
            assert_known(program, variables, &manifest.place()).await;
        }
    }
}

#[tokio::test]
async fn the_document_names_only_variables_that_exist() {
    let mut all = known("user-service").await;
    all.extend(known("user-client").await);
    let document = text("docs/deployment.md");
    let quoted = document.split('`').skip(1).step_by(2);
    let names = quoted.filter_map(|it| it.split('=').next());
    let is_variable =
        |it: &&str| it.contains('_') && it.chars().all(|it| it.is_ascii_uppercase() || it == '_');
    // The one that is compose.yaml's own.
    for name in names
        .filter(is_variable)
        .filter(|it| *it != "POSTGRES_PASSWORD")
    {
        assert!(all.contains(name), "no program has a variable {name}");
    }
}
