//! The routes that the proto says.

use http::Method;
use http_gateway::{Lookup, Routes};
use prost_reflect::DescriptorPool;
use user_proto::v1::FILE_DESCRIPTOR_SET;

#[test]
fn every_call_of_the_service_has_its_route() {
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let routes = Routes::of(&pool).unwrap();
    for (verb, path, method, template) in [
        (Method::GET, "/v1/users/7", "GetUser", "/v1/users/{user_id}"),
        (Method::POST, "/v1/users", "CreateUser", "/v1/users"),
        (Method::GET, "/v1/users", "ListUsers", "/v1/users"),
        (
            Method::POST,
            "/v1/users:batchCreate",
            "CreateUsers",
            "/v1/users:batchCreate",
        ),
        (
            Method::POST,
            "/v1/users:batchGet",
            "GetUsers",
            "/v1/users:batchGet",
        ),
    ] {
        let Lookup::Found(route, _) = routes.find(&verb, path) else {
            panic!("{verb} {path} has no route");
        };
        let grpc_path = format!("/user.v1.UserService/{method}");
        assert_eq!(route.grpc_path().as_str(), grpc_path);
        assert_eq!(route.template(), template);
    }
    let service = pool.get_service_by_name("user.v1.UserService").unwrap();
    assert_eq!(routes.iter().count(), service.methods().len());
}
