// user.v1.UserService for Thrift clients, with the same calls, fields and field numbers as
// user/v1/user.proto, which documents them. A field never changes its number or type; a
// new field is optional.

namespace go user

// A user.
struct User {
    // Assigned by the database, greater than 0.
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

// google.rpc.Status, for one item of a stream. Its details have the same content as the
// `biz-extra` of a business error of a call.
struct Status {
    // A gRPC status code.
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
    // A UUID that makes the call idempotent: a call with the same request_id and the same content
    // returns the user that the first call created.
    4: optional string request_id
}

struct CreateUserResponse {
    1: required i64 user_id
    2: required string message
}

struct ListUsersRequest {
    // Cursor: returns only users with a greater id; absent, it starts at the first user.
    1: optional i64 after_user_id
    // Maximum number of users to return; absent, it returns all.
    2: optional i32 limit
}

struct ListUsersResponse {
    1: required User user
}

// The same fields as CreateUserRequest.
struct CreateUsersRequest {
    1: required string name
    2: required string email
    3: optional string phone
    4: optional string request_id
}

// A rejected row.
struct CreateUsersFailure {
    // The position of the row in the request stream, from 0.
    1: required i64 index
    2: required Status status
}

struct CreateUsersResponse {
    // Number of stored rows, including repeats of an earlier request_id.
    1: required i64 created_count
    // The ids of the stored users, in the order of the rows.
    2: required list<i64> user_ids
    3: required list<CreateUsersFailure> failures
}

struct GetUsersRequest {
    1: required i64 user_id
}

struct GetUsersResponse {
    // The requested id.
    1: required i64 user_id
    // Exactly one of the next two.
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
