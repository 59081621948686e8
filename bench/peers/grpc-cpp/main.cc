// grpc-cpp answers user.v1.UserService/GetUser with a constant, through the callback
// API of gRPC C++, for `cargo xtask bench` to compare with.

#include <iostream>

#include <grpcpp/grpcpp.h>

#include "user/v1/user.grpc.pb.h"

namespace {

class Users final : public user::v1::UserService::CallbackService {
  // Answers with the user that the other peers have, under the id asked for.
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context,
                                    const user::v1::GetUserRequest* request,
                                    user::v1::GetUserResponse* response) override {
    user::v1::User* user = response->mutable_user();
    user->set_id(request->user_id());
    user->set_name("User 1");
    user->set_email("user1@example.com");
    response->set_message("success");
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main() {
  Users users;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&users);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    std::cerr << "error: cannot listen\n";
    return 1;
  }
  std::cout << "http://127.0.0.1:" << port << std::endl;
  server->Wait();
}
