//! How a target is called, before it is.

use std::sync::Arc;
use std::time::Duration;

use grpc_discovery::{Access, Resolver};
use grpc_telemetry::Telemetry;
use http::Extensions;
use rand::seq::IteratorRandom;

use crate::attempt::{Attempt, Observer};
use crate::channel::{Channel, KitexCalls};
use crate::connection::Connection;
use crate::credentials::Credentials;
use crate::endpoint::{BackendEndpoint, ConnectionSettings};
use crate::error::Error;
use crate::load_balancer::LoadBalancer;
use crate::methods::Methods;
use crate::resolver;
use crate::retry::Retry;
use crate::target::Target;
use crate::token::Token;

/// How long a connection may take to make unless [`Builder::connect_timeout`] says otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How a [`Target`] is called.
#[derive(Clone, Debug)]
pub struct Builder {
    target: Target,
    resolver: Option<Arc<dyn Resolver>>,
    registry_access: Access,
    zone: Option<String>,
    credentials: Option<Credentials>,
    token: Token,
    plaintext_token: bool,
    connect_timeout: Duration,
    methods: Methods,
    observer: Option<Observer>,
    kitex: Option<kitex_client::Settings>,
}

impl Builder {
    pub(crate) fn new(target: Target) -> Self {
        Self {
            target,
            resolver: None,
            registry_access: Access::default(),
            zone: None,
            credentials: None,
            token: Token::default(),
            plaintext_token: false,
            connect_timeout: CONNECT_TIMEOUT,
            methods: Methods::default(),
            observer: None,
            kitex: None,
        }
    }

    /// What is called.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Finds the backends by `resolver`, instead of by what the target says. They are called
    /// by the target's name: in TLS and in the requests.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// Calls the registry of the target by `access`: with a user, or TLS.
    #[must_use]
    pub fn registry_access(mut self, access: Access) -> Self {
        self.registry_access = access;
        self
    }

    /// Calls the instances of `zone` as long as one of them can be reached, and those of other
    /// zones only then. Without a registry no instance names its zone.
    #[must_use]
    pub fn zone(mut self, zone: Option<String>) -> Self {
        self.zone = zone;
        self
    }

    /// Speaks TLS with `credentials`. Without them a target with TLS is verified with the CA
    /// certificates of the system.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Shows `token` with each attempt.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = token;
        self
    }

    /// Whether the token may go over the network in plain text; by default it may not.
    #[must_use]
    pub fn plaintext_token(mut self, allowed: bool) -> Self {
        self.plaintext_token = allowed;
        self
    }

    /// How long a connection may take to make, and the first byte of the server thereafter; by
    /// default [`CONNECT_TIMEOUT`].
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Retries those methods in these encoded `FileDescriptorSet`s whose `idempotency_level`
    /// is `IDEMPOTENT` or `NO_SIDE_EFFECTS`, unless their requests are streams.
    ///
    /// # Errors
    /// When one of them is not a `FileDescriptorSet`.
    pub fn methods(mut self, descriptor_sets: &[&[u8]]) -> Result<Self, Error> {
        self.methods = Methods::from_descriptors(descriptor_sets)?;
        Ok(self)
    }

    /// Calls `observer` for each attempt, inside the span of its call, with the extensions
    /// of the request: to learn which span that is.
    #[must_use]
    pub fn observe_attempts(mut self, observer: fn(&Extensions)) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Speaks Kitex instead of gRPC, by `settings`: over TTHeader, and over Kitex's gRPC transport for
    /// those methods in [`Builder::methods`] that have streams.
    /// [`Builder::connect_timeout`] and [`Builder::credentials`] take precedence over theirs.
    #[must_use]
    pub fn kitex(mut self, settings: kitex_client::Settings) -> Self {
        self.kitex = Some(settings);
        self
    }

    /// A channel that connects with its first call, and is traced by `telemetry`. Runs inside tokio.
    ///
    /// # Errors
    /// When TLS can't be set up, or a token would go over the network in plain text.
    pub fn open(&self, telemetry: &Telemetry) -> Result<Channel, Error> {
        let attempt = Attempt {
            backends: self.backends()?,
            token: self.token.clone(),
            observer: self.observer,
        };
        let retrying = Retry::new(attempt, self.methods.clone());
        // The span is outermost: one for all attempts, each of which sends its context.
        let layers = telemetry.client(self.target.uri(), retrying);
        let kitex = self.kitex.as_ref().map(|settings| KitexCalls {
            codec: settings.codec,
            methods: self.methods.clone(),
        });
        Ok(Channel::new(layers, kitex))
    }

    /// Connections of their own to one of the backends, at random where their name is resolved.
    ///
    /// # Errors
    /// Those of [`Builder::open`], or when there is no backend, or it can't be connected to.
    pub async fn connect(&self) -> Result<Connection, Error> {
        let endpoint = self.endpoint_of_one(&self.settings()?).await?;
        let backend = endpoint.connect().await.map_err(Error::Connect)?;
        Ok(Connection::new(backend, self.token.clone()))
    }

    fn backends(&self) -> Result<LoadBalancer, Error> {
        let settings = self.settings()?;
        let Some(resolver) = self.its_resolver()? else {
            let endpoints = self.target.uris().map(|uri| settings.backend(uri));
            let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
            return Ok(LoadBalancer::of_list(&endpoints));
        };
        let uri = self.target.uri().clone();
        // What is wrong with TLS is so for each address: reported here, and once.
        settings.endpoint(&uri)?;
        Ok(LoadBalancer::of_name(
            uri,
            resolver,
            settings,
            self.zone.clone(),
        ))
    }

    async fn endpoint_of_one(
        &self,
        settings: &ConnectionSettings,
    ) -> Result<BackendEndpoint, Error> {
        let uri = self.target.uri();
        let Some(resolver) = self.its_resolver()? else {
            return settings.backend(uri);
        };
        let unresolved = |cause| Error::Unresolved {
            target: self.target.to_string(),
            cause,
        };
        let found = resolver::resolve(resolver.as_ref(), None).await;
        let found = found.map_err(unresolved)?.into_keys();
        let address = found.choose(&mut rand::rng());
        settings.backend_at(uri, &address.unwrap_or_default())
    }

    /// The resolver, if the target is a name that has to be resolved.
    fn its_resolver(&self) -> Result<Option<Arc<dyn Resolver>>, Error> {
        match &self.resolver {
            Some(resolver) => Ok(Some(Arc::clone(resolver))),
            None if self.target.is_name() => {
                resolver::of(&self.target, &self.registry_access).map(Some)
            }
            None => Ok(None),
        }
    }

    /// How connections are made.
    fn settings(&self) -> Result<ConnectionSettings, Error> {
        let target = || self.target.to_string();
        if self.token.is_some() && !self.plaintext_token && !self.is_private() {
            return Err(Error::PlaintextToken { target: target() });
        }
        let credentials = match (&self.credentials, self.target.is_tls()) {
            (credentials, true) => Some(credentials.clone().unwrap_or_default()),
            (None, false) => None,
            (Some(_), false) => return Err(Error::UnusedCredentials { target: target() }),
        };
        Ok(ConnectionSettings {
            connect_timeout: self.connect_timeout,
            credentials,
            kitex: self.kitex.clone(),
        })
    }

    /// Whether the network can't read the calls. Where another resolver finds the
    /// addresses, the target does not tell where they are.
    fn is_private(&self) -> bool {
        match self.resolver {
            Some(_) => self.target.is_tls(),
            None => self.target.is_private(),
        }
    }
}

#[cfg(test)]
mod tests;
