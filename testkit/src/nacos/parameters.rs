//! What a request says, in the forms in which clients write it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::instances::Key;

/// The id of the namespace that requests without one mean.
const PUBLIC: &str = "public";
/// Between a group and a service in one parameter, as clients of v1 write them.
const GROUP_END: &str = "@@";

/// The parameters of a request.
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Those of the query and of a form; of the form if both have one.
    pub(super) fn of(query: &str, form: &[u8]) -> Self {
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let form = url::form_urlencoded::parse(form).into_owned();
        Self(query.chain(form).collect())
    }

    /// The one by this name, or an empty text.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The instance that is meant: by the parameters, or by the JSON of a beat of v1.
    pub(super) fn key(&self, is_list_of_v1: bool) -> Key {
        let beat: Value = serde_json::from_str(self.get("beat")).unwrap_or_default();
        let either = |name: &str, in_beat: &str| match &beat[in_beat] {
            Value::Null => self.get(name).to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = self.get("serviceName");
        let (group, service) = match name.split_once(GROUP_END) {
            Some(parts) => parts,
            None => (self.get("groupName"), name),
        };
        let clusters = match is_list_of_v1 {
            true => "clusters",
            false => "clusterName",
        };
        [
            self.get("namespaceId").replace(PUBLIC, ""),
            group.to_owned(),
            either(clusters, "cluster"),
            service.to_owned(),
            format!("{}:{}", either("ip", "ip"), either("port", "port")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_beat_mean_one_instance() {
        let ours = "groupName=G&serviceName=s&clusterName=C&ip=10.0.0.5&port=8888";
        let beat = r#"{"ip":"10.0.0.5","port":8888,"cluster":"C","serviceName":"G@@s"}"#;
        let theirs = format!("namespaceId=public&serviceName=G@@s&beat={beat}");
        let ours = Parameters::of(ours, b"").key(false);
        let theirs = Parameters::of("", theirs.as_bytes()).key(false);
        assert_eq!(ours, theirs);
        assert_eq!(ours, ["", "G", "C", "s", "10.0.0.5:8888"]);
    }
}
