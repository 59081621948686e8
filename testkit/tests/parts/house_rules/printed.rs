//! Texts of the programs use the field's terms too: help, log records, errors and HELP of metrics.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Attribute, Expr, Lit, LitStr, Macro, Meta};

use super::sources::{parsed, production};
use super::words::{TERMS, uses};

/// The files whose doc comments are the help of a command line.
const HELP: [&str; 4] = [
    "user-client/src/args.rs",
    "user-client/src/args/",
    "user-service/src/config.rs",
    "user-service/src/config/",
];

/// A file in which a phrase has another meaning, and which.
const EXCEPTIONS: [(&str, &str, &str); 1] = [(
    "user-service/src/config/etcd.rs",
    "lease",
    "a lease of etcd",
)];

/// The texts of a file.
#[derive(Default)]
struct Texts {
    found: Vec<String>,
    has_help: bool,
}

impl Texts {
    fn scan(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Literal(literal) => {
                    let text = syn::parse_str::<LitStr>(&literal.to_string());
                    self.found.extend(text.map(|it| it.value()));
                }
                _ => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Texts {
    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.found.push(text.value());
    }

    fn visit_macro(&mut self, call: &'a Macro) {
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        match &attribute.meta {
            Meta::List(list) => self.scan(list.tokens.clone()),
            Meta::NameValue(pair) if self.has_help && pair.path.is_ident("doc") => {
                if let Expr::Lit(value) = &pair.value
                    && let Lit::Str(text) = &value.lit
                {
                    self.found.push(text.value());
                }
            }
            _ => {}
        }
    }
}

/// `text` in lower case and on one line, without the values that are inserted into it.
fn prose(text: &str) -> String {
    let outside: String = text
        .split('{')
        .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
        .collect::<Vec<_>>()
        .join(" ");
    let words: Vec<_> = outside.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[test]
fn texts_of_the_programs_use_the_terms_of_the_field() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, file) in production().iter().flat_map(|folder| parsed(folder)) {
        let mut texts = Texts {
            has_help: HELP.iter().any(|start| path.starts_with(start)),
            ..Texts::default()
        };
        texts.visit_file(&file);
        // A single word is a name, not a text.
        let prose = texts.found.iter().map(|text| prose(text));
        for text in prose.filter(|text| text.contains(' ')) {
            count += 1;
            for (phrase, term) in TERMS {
                let excepted = EXCEPTIONS
                    .iter()
                    .any(|it| (it.0, it.1) == (path.as_str(), phrase));
                if !excepted && uses(&text, phrase, term) {
                    wrong.push(format!(
                        "{path}: write {term:?} instead of {phrase:?}: {text}"
                    ));
                }
            }
        }
    }
    assert!(count > 500, "{count} texts");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn texts_are_found_in_macros_attributes_and_help() {
    let source = r#"
        /// Asks nobody.
        #[error("no response in time")]
        fn f() { tracing::info!(answer = "{answers}", "it {answers} is told"); g("whoever calls") }
    "#;
    let texts = |has_help| {
        let mut texts = Texts {
            has_help,
            ..Texts::default()
        };
        texts.visit_file(&syn::parse_file(source).unwrap());
        let found: Vec<_> = texts.found.iter().map(|text| prose(text)).collect();
        found
    };
    let without = ["no response in time", "", "it is told", "whoever calls"];
    assert_eq!(texts(false), without);
    assert!(texts(true).contains(&"asks nobody.".to_owned()));
}
