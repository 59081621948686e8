#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::testing::compiled;

const OPTION: &str = r#"
enum Role { NONE = 0; READER = 1; COURIER = 2; }
extend google.protobuf.MethodOptions { Role role = 50100; }
"#;

/// The descriptors of one service whose method has these `options`.
fn descriptors(definitions: &str, options: &str) -> Vec<u8> {
    let proto = format!(
        r#"syntax = "proto3";
        package orders.v1;
        import "google/protobuf/descriptor.proto";
        {definitions}
        message Order {{}}
        service Orders {{ rpc Ship(Order) returns (Order) {{ {options} }} }}"#
    );
    compiled(&[("orders.proto", &proto)], true)
}

fn roles(definitions: &str, options: &str) -> Result<Roles, RolesError> {
    let orders = descriptors(definitions, options);
    let health = crate::health::pb::FILE_DESCRIPTOR_SET;
    Roles::from_descriptors(&[&orders, health], "orders.v1.role")
}

#[test]
fn the_option_of_a_method_has_its_role() {
    let roles = roles(OPTION, "option (orders.v1.role) = COURIER;").unwrap();
    let courier = Requirement::Role("courier".to_owned());
    assert_eq!(roles.of("/orders.v1.Orders/Ship"), Some(&courier));
    let probe = roles.of("/grpc.health.v1.Health/Check");
    assert_eq!(probe, Some(&Requirement::Nothing));
    assert_eq!(roles.of("/orders.v1.Orders/Return"), None);
}

#[test]
fn a_method_without_a_role_is_an_error_that_says_what_to_write() {
    for options in ["", "option (orders.v1.role) = NONE;"] {
        assert_eq!(
            roles(OPTION, options).unwrap_err().to_string(),
            "orders.v1.Orders/Ship has no role: write `option (orders.v1.role) = READER;` \
             (or COURIER) into it in orders.proto"
        );
    }
}

#[test]
fn an_option_that_is_not_an_enum_of_methods_has_no_roles() {
    let text = "extend google.protobuf.MethodOptions { string role = 50100; }";
    let of_fields = OPTION.replace("MethodOptions", "FieldOptions");
    for definitions in ["", text, &of_fields] {
        let error = roles(definitions, "").unwrap_err().to_string();
        assert!(
            error.starts_with("no enum option orders.v1.role"),
            "{error}"
        );
    }
}
