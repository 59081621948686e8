//! Instances and callers around a registry, with a proxy on the way of each.

use std::time::{Duration, Instant};

use grpc_discovery::etcd::{Etcd as EtcdClient, EtcdResolver, KITEX_PREFIX, Service};
use grpc_discovery::nacos::{Nacos as NacosClient, NacosRegistry, NacosResolver, NacosService};
use grpc_discovery::{Access, Endpoints, Instance, Registry, Resolver};

use testkit::sizes::eventually;
use testkit::{Backends, Etcd, FaultProxy, Mode, Nacos, TestEnv, UserService, nacos_for_test};
use user_client::client::UserClient;
use uuid::Uuid;

use crate::support::{METRICS_ONLY, client};

/// Within which an instance is registered again: requests that hang, back-off, and a beat.
const AGAIN: Duration = Duration::from_secs(15);
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Etcd,
    Nacos,
}

/// What keeps the server running, and can remove an instance.
enum Server {
    Etcd(
        EtcdClient,
        Service,
        #[expect(dead_code, reason = "it runs")] Etcd,
    ),
    Nacos(
        NacosRegistry,
        #[expect(dead_code, reason = "it runs")] Option<Nacos>,
    ),
}

pub(super) struct RegistryEnv {
    pub(super) running: Vec<UserService>,
    /// From the instances to the registry.
    pub(super) instances_way: FaultProxy,
    /// From the callers.
    callers_way: FaultProxy,
    target: String,
    resolver: Box<dyn Resolver>,
    server: Server,
    _backends: Backends,
}

impl RegistryEnv {
    /// A registry with an instance for each of `variables`, which it has on top.
    pub(super) async fn start(kind: Kind, variables: &[&[(&str, &str)]]) -> Self {
        // A real one may be shared.
        let name = format!("user-service-{}", Uuid::new_v4());
        let (address, server, resolver) = server(kind, &name).await;
        let url = format!("http://{address}");
        let instances_way = FaultProxy::in_front_of(&url).await;
        let callers_way = FaultProxy::in_front_of(&url).await;
        let way = instances_way.address().to_string();
        let own = match kind {
            Kind::Etcd => vec![
                ("ETCD_ENDPOINTS", way.as_str()),
                ("ETCD_SERVICE", &name),
                ("KITEX_ETCD_REGISTRY_LEASE_TTL", "3"),
            ],
            Kind::Nacos => vec![("NACOS_SERVERS", way.as_str()), ("NACOS_SERVICE", &name)],
        };
        let builder = TestEnv::builder().postgres().redis().variables(&own);
        let backends = builder.variables(&METRICS_ONLY).backends().await;
        let mut running = Vec::new();
        for variables in variables {
            running.push(backends.service(variables).await);
        }
        let scheme = match kind {
            Kind::Etcd => "etcd",
            Kind::Nacos => "nacos",
        };
        let env = Self {
            running,
            target: format!("{scheme}://{}/{name}", callers_way.address()),
            instances_way,
            callers_way,
            resolver,
            server,
            _backends: backends,
        };
        env.all_registered().await;
        env
    }

    pub(super) fn client(&self) -> UserClient {
        client(&self.target, LIMIT)
    }

    /// Waits until exactly those that run are registered, and returns how long that took.
    pub(super) async fn all_registered(&self) -> Duration {
        let mut expected: Vec<_> = self.running.iter().map(address).collect();
        expected.sort_unstable();
        let started = Instant::now();
        let what = "the replicas are the instances in the registry";
        eventually(what, AGAIN, async || {
            let found = self.resolver.instances().await.unwrap();
            let mut found: Vec<_> = found.iter().map(|it| it.address().to_owned()).collect();
            found.sort_unstable();
            found == expected
        })
        .await;
        started.elapsed()
    }

    /// Breaks both ways.
    pub(super) fn break_for_all(&self, mode: Mode) {
        for way in [&self.instances_way, &self.callers_way] {
            way.set(mode);
            if mode != Mode::Hang {
                way.reset_all();
            }
        }
    }

    pub(super) fn mend(&self) {
        self.instances_way.set(Mode::Pass);
        self.callers_way.set(Mode::Pass);
    }

    /// Removes all instances from the registry.
    pub(super) async fn forget_all(&mut self) {
        for address in self.running.iter().map(address) {
            match &mut self.server {
                Server::Etcd(etcd, service, _) => {
                    etcd.delete(&service.key(&address)).await.unwrap()
                }
                Server::Nacos(nacos, _) => {
                    nacos.deregister(&Instance::new(&address)).await.unwrap();
                }
            }
        }
    }
}

/// The address of a registry, and what a test needs of it directly.
async fn server(kind: Kind, name: &str) -> (String, Server, Box<dyn Resolver>) {
    match kind {
        Kind::Etcd => {
            let etcd = Etcd::start().await;
            let address = etcd.address();
            let endpoints: Endpoints = address.parse().unwrap();
            let client = EtcdClient::new(&endpoints, &Access::default()).unwrap();
            let service = Service::new(KITEX_PREFIX, name.parse().unwrap());
            let resolver = EtcdResolver::new(client.clone(), service.clone());
            (
                address,
                Server::Etcd(client, service, etcd),
                Box::new(resolver),
            )
        }
        Kind::Nacos => {
            let (address, nacos) = nacos_for_test().await;
            let endpoints: Endpoints = address.parse().unwrap();
            let client = NacosClient::new(&endpoints, &Access::default()).unwrap();
            let service = NacosService::new(name);
            let resolver = NacosResolver::new(client.clone(), service.clone());
            let registry = NacosRegistry::new(client, endpoints, service);
            (address, Server::Nacos(registry, nacos), Box::new(resolver))
        }
    }
}

fn address(service: &UserService) -> String {
    service.grpc_url().replace("http://", "")
}
