//! Tokens and headers that must not be accepted: each is rejected as all
//! others are, and its span says why.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderValue;

use crate::auth_env::{AuthEnv, assert_unauthenticated, bearer, get_user, passed, send};
use crate::auth_env::{trace_id, traceparent};
use crate::issuer::Issuer;
use crate::{claims, headers, signatures};

const DOCUMENT: &str = include_str!("../../../docs/access.md");

/// A way in that is none.
pub(crate) struct Forgery {
    pub(crate) what: String,
    /// The values of `authorization`.
    pub(crate) authorization: Vec<HeaderValue>,
    /// What its span says.
    pub(crate) refused: &'static str,
}

impl Forgery {
    /// One that comes in the right header.
    pub(crate) fn new(what: impl Into<String>, token: &str, refused: &'static str) -> Self {
        Self {
            what: what.into(),
            authorization: vec![bearer(token)],
            refused,
        }
    }
}

fn all(issuer: &Issuer) -> Vec<Forgery> {
    let mut all = signatures::forgeries(issuer);
    all.extend(claims::forgeries(issuer));
    all.extend(headers::forgeries(issuer));
    all
}

#[tokio::test]
async fn no_forged_token_gets_in_or_learns_why_not_and_each_has_a_span_that_says_it() {
    let env = AuthEnv::start(&[]).await;
    let forgeries = all(&env.issuer);
    assert!(forgeries.len() >= 200, "{} forgeries", forgeries.len());
    for (number, forgery) in forgeries.iter().enumerate() {
        let request = get_user(&forgery.authorization).header("traceparent", traceparent(number));
        let answer = send(&env.client, request).await;
        assert_unauthenticated(&answer, &forgery.what);
    }
    let honest = get_user(&[bearer(&env.issuer.token("ada", &["reader"]))]);
    assert!(passed(&send(&env.client, honest).await));

    let counted = counted(&env).await;
    let words: BTreeSet<&str> = forgeries.iter().map(|it| it.refused).collect();
    for word in &words {
        let refused = forgeries.iter().filter(|it| it.refused == *word).count();
        assert_eq!(counted.get(*word), Some(&refused), "{word} of {counted:?}");
        assert!(
            DOCUMENT.contains(&format!("`{word}`")),
            "{word} is not in docs/access.md"
        );
    }
    assert_eq!(counted.len(), words.len(), "{counted:?}");

    let refusals = env.refusals().await;
    let wrong: Vec<String> = forgeries
        .iter()
        .enumerate()
        .map(|(number, forgery)| (forgery, refusals.get(&trace_id(number))))
        .filter(|(forgery, why)| why.map(String::as_str) != Some(forgery.refused))
        .map(|(forgery, why)| format!("{}: {why:?}, not {}", forgery.what, forgery.refused))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} forgeries, 0 got in", forgeries.len());
}

/// The calls that were refused, by the label that says why.
async fn counted(env: &AuthEnv) -> BTreeMap<String, usize> {
    let metrics = env.env.service.metrics().await;
    let series = metrics.series("user_service_calls_refused_total", &["call_refused"]);
    series
        .into_iter()
        .map(|(series, value)| {
            let word = series.split("call_refused=\"").nth(1).unwrap();
            let word = word.split('"').next().unwrap().to_owned();
            (word, value as usize)
        })
        .collect()
}
