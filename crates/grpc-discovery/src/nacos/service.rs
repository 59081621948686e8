//! Which service is meant, among those of a Nacos.

/// The group in which Kitex registers.
const DEFAULT_GROUP: &str = "DEFAULT_GROUP";
/// The cluster in which Kitex registers, and the only one that its resolver queries.
const DEFAULT_CLUSTER: &str = "DEFAULT";

/// A service, as Nacos knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NacosService {
    /// The id of the namespace; empty for the public one.
    pub namespace: String,
    /// The group, by default `DEFAULT_GROUP`.
    pub group: String,
    /// The cluster, by default `DEFAULT`.
    pub cluster: String,
    /// The name.
    pub name: String,
}

impl NacosService {
    /// The service `name` where Kitex looks for it.
    pub fn new(name: &str) -> Self {
        Self {
            namespace: String::new(),
            group: DEFAULT_GROUP.to_owned(),
            cluster: DEFAULT_CLUSTER.to_owned(),
            name: name.to_owned(),
        }
    }
}
