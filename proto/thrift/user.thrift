// user.v1.UserService for callers that speak Thrift, with the same calls, fields and numbers as
// user/v1/user.proto, which says more about each. Fields keep their number and type for ever; a
// new field is optional.

namespace go user

// A user.
struct User {
    // Chosen by the database, greater than 0.
    1: required i64 id
    // 1 to 200 characters.
    2: required string name
    // An RFC 5321 mailbox of at most 254 characters, unique regardless of case.
    3: required string email
    // E.164, such as +4930123456.
    4: optional string phone
    // Unix time in seconds, by the clock of the database.
    5: required i64 created_at
}

// google.rpc.Status, for one item of a stream. Details are the facts that a business error of a
// call has in its `biz-extra`.
struct Status {
    // A code of gRPC.
    1: required i32 code
    2: required string message
    3: optional map<string, string> details
}

struct GetUserRequest {
    1: required i64 user_id
}

struct GetUserResponse {
    1: required User user
    2: required string message
}

struct CreateUserRequest {
    1: required string name
    2: required string email
    3: optional string phone
    // A UUID that makes a repeat safe: the same request_id with the same content returns what the
    // first call returned.
    4: optional string request_id
}

struct CreateUserResponse {
    1: required i64 user_id
    2: required string message
}

struct ListUsersRequest {
    // Only users with a greater id; without it, from the first.
    1: optional i64 after_user_id
    // The most users to send; without it, all.
    2: optional i32 limit
}

struct ListUsersResponse {
    1: required User user
}

// The fields of CreateUserRequest.
struct CreateUsersRequest {
    1: required string name
    2: required string email
    3: optional string phone
    4: optional string request_id
}

// A row that was not created.
struct CreateUsersFailure {
    // The position of the row in the request stream, from 0.
    1: required i64 index
    2: required Status status
}

struct CreateUsersResponse {
    // Rows that are durable, repeats of an earlier request_id included.
    1: required i64 created_count
    // Their ids, in the order of the rows.
    2: required list<i64> user_ids
    3: required list<CreateUsersFailure> failures
}

struct GetUsersRequest {
    1: required i64 user_id
}

struct GetUsersResponse {
    // The id that was asked for.
    1: required i64 user_id
    // One of these two.
    2: optional User user
    3: optional Status error
}

service UserService {
    GetUserResponse GetUser(1: GetUserRequest req)
    CreateUserResponse CreateUser(1: CreateUserRequest req)

    ListUsersResponse ListUsers(1: ListUsersRequest req) (streaming.mode="server")
    CreateUsersResponse CreateUsers(1: CreateUsersRequest req) (streaming.mode="client")
    GetUsersResponse GetUsers(1: GetUsersRequest req) (streaming.mode="bidirectional")
}
