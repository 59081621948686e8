use super::*;

fn instance() -> Instance {
    Instance::new("10.0.0.5:8888").with_weight(30)
}

fn sent(api: Api, action: Action<'_>) -> String {
    let Request {
        method,
        path,
        parameters,
    } = api.request(action, &NacosService::new("user-service"));
    let parameters = parameters
        .iter()
        .map(|(name, value)| format!(" {name}={value}"));
    format!("{method} {path}{}", parameters.collect::<String>())
}

#[test]
fn v3_registers_and_beats_at_one_path() {
    let service = "groupName=DEFAULT_GROUP serviceName=user-service";
    let address = "clusterName=DEFAULT ip=10.0.0.5 port=8888 ephemeral=true";
    let path = "/nacos/v3/client/ns/instance";
    assert_eq!(
        sent(Api::V3, Action::Register(&instance())),
        format!("POST {path} {service} {address} weight=30")
    );
    let zoned = instance().in_zone(Some("b"));
    assert_eq!(
        sent(Api::V3, Action::Register(&zoned)),
        format!(r#"POST {path} {service} {address} weight=30 metadata={{"zone":"b"}}"#)
    );
    assert_eq!(
        sent(Api::V3, Action::Beat(&instance())),
        format!("POST {path} {service} {address} heartBeat=true")
    );
    assert_eq!(
        sent(Api::V3, Action::Deregister(&instance())),
        format!("DELETE {path} {service} {address}")
    );
    assert_eq!(
        sent(Api::V3, Action::List),
        format!("GET {path}/list {service} clusterName=DEFAULT")
    );
}

#[test]
fn v1_has_a_path_for_beats() {
    let beat = sent(Api::V1, Action::Beat(&instance()));
    assert!(
        beat.starts_with("PUT /nacos/v1/ns/instance/beat "),
        "{beat}"
    );
    let list = sent(Api::V1, Action::List);
    assert!(list.ends_with(" clusters=DEFAULT"), "{list}");
}

#[test]
fn an_unknown_instance_is_told_by_either_version() {
    let beat = Action::Beat(&instance());
    let v3 = br#"{"code":21003,"message":"instance not found","data":null}"#;
    assert_eq!(Api::V3.reply(beat, v3).unwrap(), Reply::Unknown);
    let v1 = br#"{"clientBeatInterval":5000,"code":20404,"lightBeatEnabled":true}"#;
    assert_eq!(Api::V1.reply(beat, v1).unwrap(), Reply::Unknown);
    let v1 = br#"{"clientBeatInterval":5000,"code":10200,"lightBeatEnabled":true}"#;
    assert_eq!(Api::V1.reply(beat, v1).unwrap(), Reply::Done);
}

#[test]
fn only_instances_that_can_take_calls_are_listed() {
    let hosts = r#"[
        {"ip":"10.0.0.1","port":1,"weight":30.5,"healthy":true,"enabled":true,"metadata":{"zone":"b"}},
        {"ip":"10.0.0.2","port":1,"weight":1.0,"healthy":false,"enabled":true},
        {"ip":"10.0.0.3","port":1,"weight":1.0,"healthy":true,"enabled":false},
        {"ip":"10.0.0.4","port":1,"weight":0.0,"healthy":true,"enabled":true},
        {"ip":"10.0.0.5","port":1,"weight":0.2,"healthy":true,"enabled":true},
        {"ip":"10.0.0.6","port":0,"weight":1.0,"healthy":true,"enabled":true},
        {"ip":"a b","port":1,"weight":1.0,"healthy":true,"enabled":true},
        {"ip":"::1","port":1,"weight":1e300,"healthy":true,"enabled":true}]"#;
    let expected = [
        Instance::new("10.0.0.1:1")
            .with_weight(30)
            .in_zone(Some("b")),
        Instance::new("10.0.0.5:1").with_weight(1),
        Instance::new("[::1]:1").with_weight(10_000),
    ];
    let v3 = format!(r#"{{"code":0,"message":"success","data":{hosts}}}"#);
    let v1 = format!(r#"{{"name":"DEFAULT_GROUP@@user-service","hosts":{hosts}}}"#);
    for (api, body) in [(Api::V3, v3), (Api::V1, v1)] {
        let reply = api.reply(Action::List, body.as_bytes()).unwrap();
        assert_eq!(reply, Reply::Instances(expected.to_vec()));
    }
}

#[test]
fn a_list_is_bounded() {
    let host = r#"{"ip":"10.0.0.1","port":1,"healthy":true,"enabled":true}"#;
    let hosts = vec![host; 1_500].join(",");
    let body = format!(r#"{{"hosts":[{hosts}]}}"#);
    let Reply::Instances(found) = Api::V1.reply(Action::List, body.as_bytes()).unwrap() else {
        unreachable!()
    };
    assert_eq!(found.len(), MAX_INSTANCES);
}

#[test]
fn a_response_that_is_not_of_the_api_is_an_error_without_its_content() {
    for (api, action, body) in [
        (Api::V3, Action::List, "<html>secret</html>"),
        (Api::V3, Action::List, r#"{"code":0,"data":"secret"}"#),
        (Api::V1, Action::List, r#"{"hosts":[{"ip":"secret"}]}"#),
        (Api::V1, Action::Beat(&instance()), "secret"),
        (Api::V1, Action::Register(&instance()), "secret"),
    ] {
        let error = api.reply(action, body.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("not understood"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[test]
fn only_a_namespace_other_than_the_public_one_is_named() {
    let mut service = NacosService::new("user-service");
    let named = |service: &NacosService| {
        let request = Api::V3.request(Action::List, service);
        let mut names = request.parameters.into_iter();
        names.find(|(name, _)| *name == "namespaceId")
    };
    assert_eq!(named(&service), None);
    service.namespace = "staging".to_owned();
    assert_eq!(named(&service), Some(("namespaceId", "staging".to_owned())));
}
