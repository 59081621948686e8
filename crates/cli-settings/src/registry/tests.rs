use super::*;

fn sentence(access: &EtcdAccess) -> String {
    access.access().unwrap_err().to_string()
}

#[test]
fn half_a_login_is_refused() {
    let name = EtcdAccess {
        etcd_username: Some("users".to_owned()),
        ..EtcdAccess::default()
    };
    assert!(sentence(&name).starts_with("ETCD_USERNAME needs ETCD_PASSWORD_FILE"));
    let password = NacosAccess {
        nacos_password_file: Some("/nowhere".into()),
        ..NacosAccess::default()
    };
    let error = password.access().unwrap_err().to_string();
    assert!(error.starts_with("NACOS_USERNAME needs"), "{error}");
}

#[test]
fn half_an_identity_and_a_missing_file_are_refused() {
    let half = EtcdAccess {
        etcd_key_file: Some("/nowhere".into()),
        ..EtcdAccess::default()
    };
    assert!(sentence(&half).contains("go together"));
    let missing = EtcdAccess {
        etcd_ca_file: Some("/nowhere".into()),
        ..EtcdAccess::default()
    };
    assert!(sentence(&missing).starts_with("cannot read ETCD_CA_FILE /nowhere: "));
}
