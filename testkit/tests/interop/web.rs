//! The gateway, by those who call it: the Connect conformance suite, the clients of connect-es,
//! OpenAPI's tools, and Chromium.

mod clients;
mod conformance;
