//! Functions fit on a page.

use syn::spanned::Spanned;
use syn::visit::{Visit, visit_impl_item_fn, visit_item_fn};
use syn::{Block, ImplItemFn, ItemFn, Signature};

use super::sources::{parsed, production};

/// The most lines of a function, from its signature to its last brace.
const MOST: usize = 60;

/// The functions that are longer.
#[derive(Default)]
struct Long(Vec<String>);

impl Long {
    fn measure(&mut self, signature: &Signature, block: &Block) {
        let first = signature.span().start().line;
        let last = block.brace_token.span.close().end().line;
        let lines = last - first + 1;
        if lines > MOST {
            self.0.push(format!("{} ({lines} lines)", signature.ident));
        }
    }
}

impl<'ast> Visit<'ast> for Long {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.measure(&function.sig, &function.block);
        visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.measure(&function.sig, &function.block);
        visit_impl_item_fn(self, function);
    }
}

#[test]
fn no_function_is_longer_than_a_page() {
    let mut found = Vec::new();
    for (path, file) in production().iter().flat_map(|folder| parsed(folder)) {
        let mut long = Long::default();
        long.visit_file(&file);
        found.extend(
            long.0
                .into_iter()
                .map(|function| format!("{path}: {function}")),
        );
    }
    assert!(found.is_empty(), "longer than {MOST} lines: {found:#?}");
}

#[test]
fn a_function_is_measured_from_its_signature_to_its_last_brace() {
    let lines = "    ();\n".repeat(MOST - 2);
    let function = |more: &str| format!("fn short() {{\n{lines}{more}}}\n");
    for (more, expected) in [("", 0), ("\n", 1)] {
        let mut long = Long::default();
        long.visit_file(&syn::parse_file(&function(more)).unwrap());
        assert_eq!(long.0.len(), expected);
    }
}
