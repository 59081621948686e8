//! Pages of `trace listen --web` that grow in a browser while spans arrive.

use crate::browser::BrowserPage;
use crate::listen::{json, post};
use crate::listen_page::listener;

const TYPE: &str = "application/json";

#[tokio::test]
async fn the_list_of_traces_grows_in_an_open_page() {
    let (listener, url) = listener().await;
    let Some(mut page) = BrowserPage::open(&url).await else {
        return;
    };
    page.wait_for_text("Traces").await;
    // It would be lost if the page were loaded anew.
    page.value("window.mark = 'same'").await;
    for (trace, service) in [("a", "shop"), ("b", "stock")] {
        let body = json(trace, service, "GET /items", 5, false);
        post(&listener.http, TYPE, body.as_bytes()).await;
        page.wait_for_text(service).await;
    }
    page.wait_for_text("shop").await;
    assert_eq!(page.value("window.mark").await, "same");
    listener.stop().await;
}

#[tokio::test]
async fn the_waterfall_of_a_trace_grows_in_an_open_page() {
    let (listener, url) = listener().await;
    let first = json("c", "shop", "GET /items", 5, false);
    post(&listener.http, TYPE, first.as_bytes()).await;
    let trace = format!("{url}/trace/{}", "c".repeat(32));
    let Some(mut page) = BrowserPage::open(&trace).await else {
        return;
    };
    page.wait_for_text("GET /items").await;
    page.value("document.querySelector('details').open = true")
        .await;
    let second = json("c", "stock", "SELECT items", 3, false);
    let second = second.replace("00f067aa0ba902b7", "00f067aa0ba902b8");
    post(&listener.http, TYPE, second.as_bytes()).await;
    page.wait_for_text("SELECT items").await;
    let opened = page.value("document.querySelectorAll('details[open]').length");
    assert_eq!(opened.await, 1, "what a reader has opened stays open");
    listener.stop().await;
}
