//! The tables of docs/configuration.md list the variables that `--help` does.

use std::collections::BTreeSet;

use testkit::run;

const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

/// The variables in the help of `program`.
async fn in_help(program: &str) -> BTreeSet<String> {
    in_help_of(program, &["--help"]).await
}

async fn in_help_of(program: &str, arguments: &[&str]) -> BTreeSet<String> {
    let help = run(program, arguments, &[]).await;
    let variables = help.stdout.split("[env: ").skip(1);
    variables
        .filter_map(|rest| rest.split([']', '=']).next())
        .map(str::to_owned)
        .collect()
}

/// The variables that the document's table under `heading` lists, in its first column.
fn in_document(heading: &str) -> BTreeSet<String> {
    let section = DOCUMENT
        .split("\n## ")
        .find(|section| section.starts_with(heading))
        .unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        // Flags, and the values that other tables explain, are written small.
        .filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase()))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_document_lists_the_variables_of_user_service() {
    assert_eq!(in_document("user-service"), in_help("user-service").await);
}

#[tokio::test]
async fn the_document_lists_the_variables_of_user_client() {
    assert_eq!(in_document("user-client"), in_help("user-client").await);
}

#[tokio::test]
async fn the_document_lists_the_variables_of_the_gateway() {
    let listed = &in_document("Gateway") | &in_document("user-client");
    let in_help = in_help_of("user-client", &["gateway", "--help"]).await;
    assert_eq!(listed, in_help);
}

/// An image sets it, so that a new commit alone compiles nothing again.
#[tokio::test]
async fn an_image_says_which_version_it_is() {
    for program in ["user-service", "user-client"] {
        let told = [("BUILD_VERSION", "v1.2.3-4-gabcdef")];
        let output = run(program, &["--version"], &told).await;
        assert_eq!(output.stdout, format!("{program} v1.2.3-4-gabcdef\n"));
        let output = run(program, &["--version"], &[("BUILD_VERSION", "")]).await;
        let package = format!("{program} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(output.stdout, package);
    }
}
