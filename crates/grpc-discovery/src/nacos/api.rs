//! The two HTTP APIs of Nacos: what is sent for each action, and what the response says.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{NacosError, NacosService};
use crate::endpoints::is_address;
use crate::instance::ZONE;
use crate::{Instance, MAX_WEIGHT};

/// More instances than a client has use for.
const MAX_INSTANCES: usize = 1000;
/// v3: the instance of a beat is not registered.
const V3_UNKNOWN: i64 = 21_003;
/// v1: the same.
const V1_UNKNOWN: i64 = 20_404;

/// A version of the API.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Api {
    /// The client API of Nacos 3.
    V3,
    /// The open API of Nacos 1 and 2, which 3.0 and 3.1 have too.
    V1,
}

/// A request to a Nacos.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action<'a> {
    Register(&'a Instance),
    Beat(&'a Instance),
    Deregister(&'a Instance),
    List,
}

/// What a response says.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Reply {
    Done,
    /// The instance of the beat is not registered.
    Unknown,
    Instances(Vec<Instance>),
}

/// One request, whatever server it is sent to.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) parameters: Vec<(&'static str, String)>,
}

/// v3 wraps every response in this.
#[derive(Deserialize)]
struct Envelope {
    code: i64,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    data: serde_json::Value,
}

/// What v1 returns for a beat.
#[derive(Deserialize)]
struct BeatResult {
    code: i64,
}

/// What v1 returns for a list.
#[derive(Deserialize)]
struct Hosts {
    hosts: Vec<Host>,
}

/// One instance, in both versions.
#[derive(Deserialize)]
struct Host {
    ip: String,
    port: u16,
    #[serde(default = "one")]
    weight: f64,
    #[serde(default)]
    healthy: bool,
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
}

fn one() -> f64 {
    1.0
}

impl Api {
    /// The other version.
    pub(super) fn other(self) -> Self {
        match self {
            Self::V3 => Self::V1,
            Self::V1 => Self::V3,
        }
    }

    /// The path that exchanges a user name and a password for a token.
    pub(super) fn login(self) -> &'static str {
        match self {
            Self::V3 => "/nacos/v3/auth/user/login",
            Self::V1 => "/nacos/v1/auth/login",
        }
    }

    /// The request for `action` on `service`.
    pub(super) fn request(self, action: Action<'_>, service: &NacosService) -> Request {
        let (method, path) = match (self, action) {
            (Self::V3, Action::List) => (Method::GET, "/nacos/v3/client/ns/instance/list"),
            (Self::V3, Action::Deregister(_)) => (Method::DELETE, "/nacos/v3/client/ns/instance"),
            (Self::V3, _) => (Method::POST, "/nacos/v3/client/ns/instance"),
            (Self::V1, Action::List) => (Method::GET, "/nacos/v1/ns/instance/list"),
            (Self::V1, Action::Beat(_)) => (Method::PUT, "/nacos/v1/ns/instance/beat"),
            (Self::V1, Action::Deregister(_)) => (Method::DELETE, "/nacos/v1/ns/instance"),
            (Self::V1, Action::Register(_)) => (Method::POST, "/nacos/v1/ns/instance"),
        };
        let mut parameters = vec![
            ("groupName", service.group.clone()),
            ("serviceName", service.name.clone()),
        ];
        // The public namespace is the one that is not named; an empty id was not seen to mean it.
        if !service.namespace.is_empty() {
            parameters.push(("namespaceId", service.namespace.clone()));
        }
        parameters.extend(self.parameters(action, service));
        Request {
            method,
            path,
            parameters,
        }
    }

    fn parameters(self, action: Action<'_>, service: &NacosService) -> Vec<(&'static str, String)> {
        let (instance, beats) = match action {
            Action::List => {
                let clusters = match self {
                    Self::V3 => "clusterName",
                    Self::V1 => "clusters",
                };
                return vec![(clusters, service.cluster.clone())];
            }
            Action::Beat(instance) => (instance, true),
            Action::Register(instance) | Action::Deregister(instance) => (instance, false),
        };
        let (ip, port) = parts(instance.address());
        let mut parameters = vec![
            ("clusterName", service.cluster.clone()),
            ("ip", ip.to_owned()),
            ("port", port.to_owned()),
            ("ephemeral", "true".to_owned()),
        ];
        if matches!(action, Action::Register(_)) {
            parameters.push(("weight", instance.weight().to_string()));
            let zone = instance.zone();
            parameters.extend(zone.map(|it| ("metadata", json!({ ZONE: it }).to_string())));
        }
        if beats && self == Self::V3 {
            parameters.push(("heartBeat", "true".to_owned()));
        }
        parameters
    }

    /// What `body`, the response to `action`, says.
    ///
    /// # Errors
    /// When it is an error, or not of this API.
    pub(super) fn reply(self, action: Action<'_>, body: &[u8]) -> Result<Reply, NacosError> {
        match self {
            Self::V3 => v3(action, body),
            Self::V1 => v1(action, body),
        }
    }
}

fn v3(action: Action<'_>, body: &[u8]) -> Result<Reply, NacosError> {
    let envelope: Envelope = parse(body)?;
    match (envelope.code, action) {
        (0, Action::List) => {
            let hosts = serde_json::from_value(envelope.data);
            Ok(instances(hosts.map_err(nonsense)?))
        }
        (0, _) => Ok(Reply::Done),
        (V3_UNKNOWN, Action::Beat(_)) => Ok(Reply::Unknown),
        (code, _) => Err(NacosError::Refused {
            status: 200,
            message: format!("code {code}: {}", envelope.message.unwrap_or_default()),
        }),
    }
}

fn v1(action: Action<'_>, body: &[u8]) -> Result<Reply, NacosError> {
    match action {
        Action::List => Ok(instances(parse::<Hosts>(body)?.hosts)),
        Action::Beat(_) if parse::<BeatResult>(body)?.code == V1_UNKNOWN => Ok(Reply::Unknown),
        Action::Beat(_) => Ok(Reply::Done),
        _ if body.trim_ascii() == b"ok" => Ok(Reply::Done),
        _ => Err(NacosError::Nonsense("it should be `ok`".to_owned())),
    }
}

/// Those that can take calls: Kitex's resolver skips the others too.
fn instances(hosts: Vec<Host>) -> Reply {
    let hosts = hosts.into_iter().filter(|it| it.healthy && it.enabled);
    let instances = hosts.filter_map(instance).take(MAX_INSTANCES);
    Reply::Instances(instances.collect())
}

/// The instance of `host`, unless it must not get calls or its address is invalid.
fn instance(host: Host) -> Option<Instance> {
    let address = match host.ip.contains(':') {
        true => format!("[{}]:{}", host.ip, host.port),
        false => format!("{}:{}", host.ip, host.port),
    };
    let weight = whole(host.weight);
    let zone = host.metadata.as_ref().and_then(|it| it.get(ZONE));
    (weight > 0 && is_address(&address)).then(|| {
        let instance = Instance::new(&address).with_weight(weight);
        instance.in_zone(zone.map(String::as_str))
    })
}

/// A weight of Nacos, which has fractions, as a whole number: 0 gets no calls, a fraction counts as 1.
fn whole(weight: f64) -> u32 {
    match weight > 0.0 {
        // `as` truncates, and saturates at both ends.
        true => (weight as u32).clamp(1, MAX_WEIGHT),
        false => 0,
    }
}

/// The host and the port of `address`; Nacos takes an IPv6 address without brackets.
fn parts(address: &str) -> (&str, &str) {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    (host.trim_matches(['[', ']']), port)
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, NacosError> {
    serde_json::from_slice(body).map_err(nonsense)
}

fn nonsense(error: serde_json::Error) -> NacosError {
    // Where it is wrong, without the values.
    NacosError::Nonsense(format!(
        "no JSON of this API at line {}, column {}",
        error.line(),
        error.column()
    ))
}

#[cfg(test)]
mod tests;
