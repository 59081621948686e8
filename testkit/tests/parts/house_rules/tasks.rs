//! Every task has an owner: what ends it, or waits for its end.

use syn::spanned::Spanned;
use syn::visit::{Visit, visit_block};
use syn::{Block, Expr, ExprMethodCall, Member, Pat, Stmt};

use super::sources::{parsed, production, text};

/// What owns the tasks that are spawned on it.
const OWNERS: [&str; 2] = ["TaskTracker", "JoinSet"];

/// The lines of `text` in which a task is spawned whose handle is thrown away.
fn detached(text: &str, file: &syn::File) -> Vec<usize> {
    let mut tasks = Tasks {
        text,
        detached: Vec::new(),
    };
    tasks.visit_file(file);
    tasks.detached
}

struct Tasks<'a> {
    text: &'a str,
    detached: Vec<usize>,
}

impl Tasks<'_> {
    /// Whether `call` spawns a task on something that owns it, by what the file declares.
    fn is_owned(&self, call: &ExprMethodCall) -> bool {
        let Some(name) = last_name(&call.receiver) else {
            return false;
        };
        let typed = format!("{name}: ");
        let declared = |owner: &str| {
            let types = self.text.split(&typed).skip(1);
            // Made here, or threads that are joined.
            let made = [
                format!("{name} = {owner}::new()"),
                format!("thread::scope(|{name}|"),
            ];
            types.map(without_reference).any(|it| it.starts_with(owner))
                || made.iter().any(|made| self.text.contains(made))
        };
        OWNERS.into_iter().any(declared)
    }

    /// Whether `expression` spawns a task and gives back a handle that ends nothing when dropped.
    fn is_unowned_spawn(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Call(call) => match &*call.func {
                Expr::Path(function) => {
                    let names: Vec<_> = function.path.segments.iter().collect();
                    let last = names.last().map(|it| it.ident.to_string());
                    let of_tokio = names.first().is_some_and(|it| it.ident != "std");
                    of_tokio && last.is_some_and(|it| it == "spawn" || it == "spawn_on")
                }
                _ => false,
            },
            Expr::MethodCall(call) => {
                let spawns = ["spawn", "spawn_on"].iter().any(|it| call.method == it);
                spawns && !self.is_owned(call) && !is_of_threads(&call.receiver)
            }
            _ => false,
        }
    }
}

impl<'ast> Visit<'ast> for Tasks<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        for statement in &block.stmts {
            let thrown_away = match statement {
                Stmt::Expr(expression, Some(_)) => Some(expression),
                Stmt::Local(local) if is_dropped(&local.pat) => {
                    local.init.as_ref().map(|init| &*init.expr)
                }
                _ => None,
            };
            if thrown_away.is_some_and(|it| self.is_unowned_spawn(it)) {
                self.detached.push(statement.span().start().line);
            }
        }
        visit_block(self, block);
    }
}

/// Whether what is bound to `pattern` is never used: `_`, or a name that begins with it.
fn is_dropped(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.ident.to_string().starts_with('_'),
        _ => false,
    }
}

/// What follows `&`, a lifetime and `mut`.
fn without_reference(text: &str) -> &str {
    let Some(referred) = text.strip_prefix('&') else {
        return text;
    };
    let referred = match referred.strip_prefix('\'') {
        Some(lifetime) => lifetime.split_once(' ').map_or("", |(_, rest)| rest),
        None => referred,
    };
    referred.strip_prefix("mut ").unwrap_or(referred)
}

/// Whether `expression` is a builder of threads.
fn is_of_threads(expression: &Expr) -> bool {
    match expression {
        Expr::MethodCall(call) => is_of_threads(&call.receiver),
        Expr::Call(call) => is_of_threads(&call.func),
        Expr::Path(path) => path.path.segments.iter().any(|it| it.ident == "thread"),
        _ => false,
    }
}

/// The name of a variable or a field.
fn last_name(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => Some(name.to_string()),
            Member::Unnamed(_) => None,
        },
        _ => None,
    }
}

#[test]
fn no_task_is_detached() {
    let mut found = Vec::new();
    for (path, file) in production().iter().flat_map(|folder| parsed(folder)) {
        let lines = detached(&text(&path), &file);
        found.extend(lines.into_iter().map(|line| format!("{path}:{line}")));
    }
    assert!(
        found.is_empty(),
        "tasks without an owner: keep their handles in an AbortOnDropHandle, or spawn them on a TaskTracker or a JoinSet: {found:#?}"
    );
}

#[test]
fn a_task_whose_handle_is_thrown_away_is_found() {
    for (statement, expected) in [
        ("tokio::spawn(work());", 1),
        ("let _ = tokio::spawn(work());", 1),
        ("let _task = runtime.spawn(work());", 1),
        ("if true { handle.spawn(work()); }", 1),
        ("let task = tokio::spawn(work());", 0),
        (
            "let _task = AbortOnDropHandle::new(tokio::spawn(work()));",
            0,
        ),
        ("let mut tasks = JoinSet::new(); tasks.spawn(work());", 0),
        ("std::thread::spawn(work);", 0),
        ("let _ = thread::Builder::new().spawn(work);", 0),
        (
            "fn inner(tasks: &'a mut JoinSet<()>) { tasks.spawn(work()); }",
            0,
        ),
    ] {
        let text = format!("fn function() {{ {statement} }}");
        let file = syn::parse_file(&text).unwrap();
        assert_eq!(detached(&text, &file).len(), expected, "{statement}");
    }
}
