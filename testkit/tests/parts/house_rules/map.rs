//! ARCHITECTURE.md: its map has every module, and its path of a request is that of the code.

use syn::Item;

use super::sources::{parsed, production, text, workspace};

fn section(heading: &str) -> String {
    let document = text("ARCHITECTURE.md");
    let sections = document.split("\n## ");
    let mut found = sections.filter(|section| section.starts_with(heading));
    found.next().unwrap().to_owned()
}

/// The modules of the crate in `folder`, and its `main` if it is a program.
fn modules(folder: &str) -> Vec<String> {
    let roots = ["lib", "main"].map(|root| format!("{folder}/{root}.rs"));
    let mut modules = Vec::new();
    for (path, file) in parsed(folder) {
        if !roots.contains(&path) {
            continue;
        }
        let main = (path == roots[1]).then(|| "main".to_owned());
        let declared = file.items.into_iter().filter_map(|item| match item {
            Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
            _ => None,
        });
        modules.extend(declared.chain(main));
    }
    modules
}

#[test]
fn the_map_has_every_module_of_every_crate() {
    let map = section("The map");
    let testkit = ["testkit/src".to_owned()];
    // The example is a document of its own, docs/adopt.md.
    let folders = production()
        .into_iter()
        .filter(|it| !it.starts_with("examples/"));
    for folder in folders.chain(testkit) {
        let heading = format!("**`{folder}`**");
        let (_, paragraph) = map
            .split_once(&heading)
            .unwrap_or_else(|| panic!("no {heading}"));
        let paragraph = paragraph.split("\n\n**").next().unwrap();
        for name in modules(&folder) {
            let named = paragraph.contains(&format!("`{name}`"));
            assert!(named, "the map has no `{name}` of {folder}");
        }
    }
}

/// A row of the drawing.
struct Row {
    /// By how many spaces it is indented.
    depth: usize,
    /// The file, if the layer is ours.
    file: Option<String>,
    /// The name of the layer.
    name: String,
}

fn drawing() -> Vec<Row> {
    let section = section("The path of a request");
    let drawing = section.split("```").nth(1).unwrap();
    let mut folder = String::new();
    let mut rows = Vec::new();
    for line in drawing.lines().filter(|line| !line.is_empty()) {
        if !line.starts_with(' ') {
            line.clone_into(&mut folder);
            continue;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        let (file, name) = match words[..] {
            [file, name, ..] if file.ends_with(".rs") => (Some(format!("{folder}/{file}")), name),
            [krate, file, name, ..] if file.ends_with(".rs") => {
                let krate = krate.trim_end_matches(':');
                (Some(format!("crates/{krate}/src/{file}")), name)
            }
            [_, name, ..] => (None, name),
            _ => panic!("{line:?} names no layer"),
        };
        rows.push(Row {
            depth: line.len() - line.trim_start().len(),
            file,
            name: name.to_owned(),
        });
    }
    rows
}

#[test]
fn the_path_of_a_request_names_files_that_have_its_layers() {
    for Row { file, name, .. } in drawing() {
        let Some(file) = file else {
            continue;
        };
        assert!(workspace().join(&file).exists(), "{file}");
        assert!(text(&file).contains(&name), "{file} has no {name}");
    }
}

#[test]
fn the_path_of_a_request_has_the_layers_of_the_stack_in_their_order() {
    let middleware = text("crates/grpc-server/src/middleware.rs");
    let (_, stack) = middleware.split_once("ServiceBuilder::new()").unwrap();
    let layers = stack.matches("\n        .").count() - 1;
    let rows = drawing().into_iter().skip_while(|row| row.name != "stack");
    // Deeper ones are parts of a layer.
    let inside = rows.skip(1).filter(|row| row.depth == 4).take(layers);
    let mut after = 0;
    for Row { file, name, .. } in inside {
        // It is a parameter.
        let written = match name.as_str() {
            "ServerTraceLayer" => ".layer(trace)",
            name => name,
        };
        let place = stack[after..].find(written);
        let place = place.unwrap_or_else(|| panic!("{name} of {file:?} is not where it is drawn"));
        after += place;
    }
}
