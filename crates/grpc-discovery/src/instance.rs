//! One instance of a service.

/// The weight of an instance that names none, in Kitex and in Nacos's Go client.
pub const DEFAULT_WEIGHT: u32 = 10;
/// The tag of a zone, in etcd's `tags` and in Nacos's `metadata`.
pub(crate) const ZONE: &str = "zone";
/// The largest weight: Nacos accepts no larger one.
pub const MAX_WEIGHT: u32 = 10_000;

/// One instance: where it takes connections, its share of the calls, and where it runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instance {
    address: String,
    weight: u32,
    zone: Option<String>,
}

impl Instance {
    /// The instance that takes connections at `address`, `HOST:PORT`, with [`DEFAULT_WEIGHT`].
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            weight: DEFAULT_WEIGHT,
            zone: None,
        }
    }

    /// The same with another weight, from 1 to [`MAX_WEIGHT`]: it gets that share of the calls,
    /// relative to the weights of the others.
    #[must_use]
    pub fn with_weight(self, weight: u32) -> Self {
        Self {
            weight: weight.clamp(1, MAX_WEIGHT),
            ..self
        }
    }

    /// The same in a zone, such as an availability zone; an empty one is none.
    #[must_use]
    pub fn in_zone(self, zone: Option<&str>) -> Self {
        let zone = zone.filter(|it| !it.is_empty()).map(str::to_owned);
        Self { zone, ..self }
    }

    /// Its host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its share of the calls, relative to the others.
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Its zone, if it names one.
    pub fn zone(&self) -> Option<&str> {
        self.zone.as_deref()
    }
}
