//! The messages in Thrift, as `thrift/user.thrift` has them: the same types as in protobuf, whose
//! empty `request_id` is an absent one in Thrift.

mod create_user;
mod create_users;
mod get_user;
mod get_users;
mod list_users;
mod status;
mod user;
