#![expect(clippy::unwrap_used, reason = "tests")]

use grpc_common::descriptors::encoded_files;

use super::*;
use crate::reflection::described::Described;
use crate::testing::compiled;

const ORDERS: &str = r#"
    syntax = "proto2";
    package orders.v1;
    import "kinds.proto";
    message Order {
        extensions 100 to 199;
        message Line { enum State { OPEN = 0; } oneof what { string text = 1; Kind kind = 2; } }
        extend Order { optional bool gift = 101; }
    }
    extend Order { optional bool urgent = 100; }
    service Orders { rpc Ship(Order) returns (Order); }
"#;
const KINDS: &str = r#"syntax = "proto2"; package orders.v1; enum Kind { NONE = 0; }"#;
const BARE: &str =
    r#"syntax = "proto3"; message Bare {} service Plain { rpc Get(Bare) returns (Bare); }"#;

fn orders(include_imports: bool) -> Vec<u8> {
    let files = [("kinds.proto", KINDS), ("orders.proto", ORDERS)];
    compiled(&files, include_imports)
}

fn decoded(sets: &[&[u8]]) -> Descriptors {
    let files = sets.iter().flat_map(|set| encoded_files(set).unwrap());
    Descriptors::decode(&files.collect::<Vec<_>>()).unwrap()
}

fn name(file: Option<&Bytes>) -> Option<String> {
    file.map(|file| FileDescriptor::decode(file.clone()).unwrap().name)
}

#[test]
fn all_that_is_defined_is_found_in_its_file() {
    let (orders, bare) = (orders(true), compiled(&[("bare.proto", BARE)], true));
    let descriptors = decoded(&[&orders, &bare]);
    for (symbol, file) in [
        ("orders.v1.Order", Some("orders.proto")),
        ("orders.v1.Order.Line", Some("orders.proto")),
        ("orders.v1.Order.Line.text", Some("orders.proto")),
        ("orders.v1.Order.Line.what", Some("orders.proto")),
        ("orders.v1.Order.Line.State", Some("orders.proto")),
        ("orders.v1.Order.Line.OPEN", Some("orders.proto")),
        ("orders.v1.Order.Line.State.OPEN", None),
        ("orders.v1.Order.gift", Some("orders.proto")),
        ("orders.v1.urgent", Some("orders.proto")),
        ("orders.v1.Orders", Some("orders.proto")),
        ("orders.v1.Orders.Ship", Some("orders.proto")),
        ("orders.v1.NONE", Some("kinds.proto")),
        ("Bare", Some("bare.proto")),
        ("Plain.Get", Some("bare.proto")),
        ("orders.v1", None),
    ] {
        let found = name(descriptors.file_of(symbol));
        assert_eq!(found.as_deref(), file, "{symbol}");
    }
    let services: Vec<_> = descriptors.services().collect();
    assert_eq!(services, ["Plain", "orders.v1.Orders"]);
    assert_eq!(
        descriptors.extensions("orders.v1.Order"),
        Some(vec![100, 101])
    );
    assert_eq!(descriptors.extensions("Bare"), Some(Vec::new()));
    let extension = descriptors.file_of_extension("orders.v1.Order", 101);
    assert_eq!(name(extension).as_deref(), Some("orders.proto"));
}

#[test]
fn of_two_files_with_the_same_name_the_first_is_found() {
    let (first, second) = (
        compiled(&[("kinds.proto", KINDS)], true),
        compiled(&[("kinds.proto", BARE)], true),
    );
    let descriptors = decoded(&[&first, &second]);
    let file = descriptors.file("kinds.proto").unwrap();
    let package = FileDescriptor::decode(file.clone()).unwrap().package;
    assert_eq!(package, "orders.v1");
}

#[test]
fn a_set_without_an_import_is_refused_by_its_name() {
    let error = Described::new(&[&orders(false)]).err().unwrap();
    assert_eq!(
        error.to_string(),
        "a descriptor of reflection is not valid: orders.proto imports kinds.proto, \
         which is not in its set: let the compiler include imports"
    );
    assert!(Described::new(&[b"orders.bin"]).is_err());
}
