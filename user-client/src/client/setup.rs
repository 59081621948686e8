//! From flags to a channel.

use grpc_channel::kitex::{Codec, Settings};
use grpc_channel::{Builder, CONNECT_TIMEOUT, Channel, Token};

use crate::args::{Access, Global, Protocol};
use crate::failure::{Failure, channel};

/// How the service that `global` names is called.
///
/// # Errors
/// When a token or a file for TLS is of no use, or would go unused.
pub fn channel(global: &Global) -> Result<Builder, Failure> {
    let target = &global.server;
    let registry = global.registries.access(target);
    let registry = registry.map_err(|error| Failure::new(error.to_string()))?;
    let builder = Channel::builder(target.clone())
        .registry_access(registry)
        .zone(global.registries.zone.clone())
        .token(token(&global.access)?)
        .plaintext_token(global.access.plaintext_token);
    let builder = match codec(global.protocol) {
        Some(codec) => builder.kitex(kitex(codec)),
        None => builder,
    };
    if target.is_tls() {
        let credentials = global.credentials.files().read();
        return Ok(builder.credentials(credentials.map_err(channel::failure)?));
    }
    match global.credentials.first_given() {
        None => Ok(builder),
        Some(flag) => Err(Failure::new(format!(
            "{flag} is for TLS, and {target} is called without: write https:// in --server, or dns+https:/// for a name"
        ))),
    }
}

/// The encoding in `protocol`, if that is one of Kitex.
fn codec(protocol: Protocol) -> Option<Codec> {
    match protocol {
        Protocol::Grpc => None,
        Protocol::Thrift => Some(Codec::Thrift),
        Protocol::KitexProtobuf => Some(Codec::Protobuf),
    }
}

fn kitex(codec: Codec) -> Settings {
    Settings {
        codec,
        service: "UserService",
        registered: "user-service",
        caller: env!("CARGO_PKG_NAME"),
        connect_timeout: CONNECT_TIMEOUT,
        // Set by the channel, from the flags.
        tls: None,
    }
}

/// The token that `access` names, if it names one.
fn token(access: &Access) -> Result<Token, Failure> {
    let token = match (&access.token_file, &access.token) {
        (Some(path), _) => Token::from_file(path.clone()),
        (None, Some(token)) => Token::from_text(token.expose()),
        (None, None) => Ok(Token::default()),
    };
    token.map_err(channel::failure)
}
