//! Requests to Nacos, each within a limit, to whichever server responds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use reqwest::Client;
use url::Url;

use super::api::{Action, Api, Reply, Request};
use super::http;
use super::token::Token;
use super::{NacosError, NacosService};
use crate::{Access, Endpoints, Login};

/// A Nacos. Clones share its connections and its token.
#[derive(Clone, Debug)]
pub struct Nacos(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    http: Client,
    servers: Vec<Url>,
    login: Option<Login>,
    token: Token,
    /// The server that responded last.
    chosen: AtomicUsize,
    /// Whether the servers lack the v3 API.
    is_old: AtomicBool,
}

impl Nacos {
    /// The Nacos at `endpoints`, called by `access`; it is connected to with the first request.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(endpoints: &Endpoints, access: &Access) -> Result<Self, NacosError> {
        let endpoints = access.of(endpoints);
        let uris = endpoints.uris().iter();
        let servers = uris.filter_map(|uri| Url::parse(&uri.to_string()).ok());
        Ok(Self(Arc::new(Shared {
            http: http::client(access, endpoints.uses_tls())?,
            servers: servers.collect(),
            login: access.login.clone(),
            token: Token::default(),
            chosen: AtomicUsize::new(0),
            is_old: AtomicBool::new(false),
        })))
    }

    /// Does `action` on `service`: at one server after the other, first the one that responded last.
    pub(super) async fn perform(
        &self,
        action: Action<'_>,
        service: &NacosService,
    ) -> Result<Reply, NacosError> {
        let shared = &self.0;
        let first = shared.chosen.load(Relaxed);
        let mut failed = NacosError::NoServer;
        for step in 0..shared.servers.len() {
            let index = (first + step) % shared.servers.len();
            match shared.at(&shared.servers[index], action, service).await {
                Ok(reply) => {
                    shared.chosen.store(index, Relaxed);
                    return Ok(reply);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

impl Shared {
    /// Does `action` at `server`, by whichever API it has.
    async fn at(
        &self,
        server: &Url,
        action: Action<'_>,
        service: &NacosService,
    ) -> Result<Reply, NacosError> {
        let known = match self.is_old.load(Relaxed) {
            true => Api::V1,
            false => Api::V3,
        };
        match self.by(known, server, action, service).await {
            Err(error) if lacks_api(&error) => {
                let other = known.other();
                let reply = self.by(other, server, action, service).await?;
                self.is_old.store(other == Api::V1, Relaxed);
                Ok(reply)
            }
            done => done,
        }
    }

    /// Does `action` by `api`; where the token is not accepted any more, once again with a new one.
    async fn by(
        &self,
        api: Api,
        server: &Url,
        action: Action<'_>,
        service: &NacosService,
    ) -> Result<Reply, NacosError> {
        let request = api.request(action, service);
        let had_token = self.token.current().is_some();
        match self.send(api, server, &request).await {
            Err(NacosError::Denied(_)) if had_token => {
                self.token.forget();
                let body = self.send(api, server, &request).await?;
                api.reply(action, &body)
            }
            done => api.reply(action, &done?),
        }
    }

    async fn send(&self, api: Api, server: &Url, request: &Request) -> Result<Vec<u8>, NacosError> {
        let mut url = server.clone();
        url.set_path(request.path);
        url.query_pairs_mut().extend_pairs(&request.parameters);
        let mut sent = self.http.request(request.method.clone(), url);
        if let Some(token) = self.access(api, server).await? {
            // In a header, where no access log shows it.
            sent = sent.bearer_auth(token);
        }
        body_of(http::send(sent).await?)
    }

    /// The token to send: the one that is kept, or that of a new login.
    async fn access(&self, api: Api, server: &Url) -> Result<Option<String>, NacosError> {
        let Some(login) = &self.login else {
            return Ok(None);
        };
        if let Some(token) = self.token.current() {
            return Ok(Some(token));
        }
        let mut url = server.clone();
        url.set_path(api.login());
        let password = login.password.read().await?;
        let sent = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(&login.username, &password));
        let body = body_of(http::send(sent).await?)?;
        self.token.keep(&body).map(Some)
    }
}

/// The body of a login. Never in the URL, which access logs show.
fn form(username: &str, password: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("username", username)
        .append_pair("password", password)
        .finish()
}

/// The body of a response, unless its status says that it is an error.
fn body_of((status, body): (u16, Vec<u8>)) -> Result<Vec<u8>, NacosError> {
    match status {
        200 => Ok(body),
        401 | 403 => Err(NacosError::Denied(status)),
        _ => Err(http::refused(status, &body)),
    }
}

/// Whether a server says that it does not have this version of the API: 404, or 410 since 3.0.
fn lacks_api(error: &NacosError) -> bool {
    let NacosError::Refused { status, .. } = error else {
        return false;
    };
    matches!(status, 404 | 410)
}
