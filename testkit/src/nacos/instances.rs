//! The instances of a Nacos, which live by their beats.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Namespace, group, cluster, service and address.
pub(super) type Key = [String; 5];

#[derive(Debug, Default)]
pub(super) struct Instances {
    unhealthy_after: Duration,
    all: BTreeMap<Key, Instance>,
}

#[derive(Debug)]
struct Instance {
    weight: f64,
    /// Tags, as JSON.
    metadata: Value,
    beat: Instant,
}

impl Instances {
    pub(super) fn new(unhealthy_after: Duration) -> Self {
        Self {
            unhealthy_after,
            all: BTreeMap::new(),
        }
    }

    pub(super) fn register(&mut self, key: Key, weight: f64, metadata: Value) {
        let instance = Instance {
            weight,
            metadata,
            beat: Instant::now(),
        };
        self.all.insert(key, instance);
    }

    /// Whether there is such an instance, which this was a beat of.
    pub(super) fn beat(&mut self, key: &Key) -> bool {
        self.expire();
        let found = self.all.get_mut(key);
        found.map(|it| it.beat = Instant::now()).is_some()
    }

    pub(super) fn remove(&mut self, key: &Key) {
        self.all.remove(key);
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    /// The list of those whose first four parts of the key are `of`, as Nacos writes it.
    pub(super) fn list(&mut self, of: &[String]) -> Vec<Value> {
        self.expire();
        let found = self.all.iter().filter(|(key, _)| key[..4] == *of);
        let listed = found.map(|(key, instance)| {
            let (ip, port) = key[4].rsplit_once(':').unwrap_or_default();
            json!({
                "ip": ip.trim_matches(['[', ']']),
                "port": port.parse::<u16>().unwrap_or_default(),
                "weight": instance.weight,
                "healthy": self.is_healthy(instance),
                "enabled": true,
                "ephemeral": true,
                "clusterName": key[2],
                "serviceName": format!("{}@@{}", key[1], key[3]),
                "metadata": instance.metadata,
            })
        });
        listed.collect()
    }

    pub(super) fn healthy(&self, service: &str) -> impl Iterator<Item = String> {
        let of_service = self.all.iter().filter(move |(key, _)| key[3] == service);
        of_service
            .filter(|(_, instance)| self.is_healthy(instance))
            .map(|(key, _)| key[4].clone())
    }

    fn is_healthy(&self, instance: &Instance) -> bool {
        instance.beat.elapsed() < self.unhealthy_after
    }

    fn expire(&mut self) {
        let gone_after = 2 * self.unhealthy_after;
        self.all.retain(|_, it| it.beat.elapsed() < gone_after);
    }
}
