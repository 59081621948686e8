#![expect(clippy::unwrap_used, reason = "tests")]

use super::parts::package;
use super::*;

#[test]
fn the_package_of_a_service_names_its_errors() {
    assert_eq!(package("orders.v1.Orders"), "orders.v1");
    assert_eq!(package("Orders"), "Orders");
}

#[tokio::test]
async fn without_a_service_there_is_nothing_to_bind() {
    let telemetry = Telemetry::off();
    let builder = builder(&telemetry, &[tonic_health::pb::FILE_DESCRIPTOR_SET]).unwrap();
    let settings = Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        http: ([127, 0, 0, 1], 0).into(),
        ..Settings::default()
    };
    let error = builder.with_settings(settings).bind().await.err().unwrap();
    assert!(error.to_string().starts_with("no service was added"));
}
