// Command kitex answers user.v1.UserService/GetUser with a constant, over gRPC as
// Kitex serves it, for `cargo xtask bench` to compare with. Calls are traced where
// OTEL_EXPORTER_OTLP_ENDPOINT is set.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/cloudwego/kitex/server"

	v1 "user-service/peers/kitex/kitex_gen/user/v1"
	"user-service/peers/kitex/kitex_gen/user/v1/userservice"
)

//go:generate go tool kitex -module user-service/peers/kitex -type protobuf user.proto

// users answers with the user that the other peers have, under the id asked for.
type users struct{}

func (*users) GetUser(_ context.Context, request *v1.GetUserRequest) (*v1.GetUserResponse, error) {
	user := &v1.User{Id: request.UserId, Name: "User 1", Email: "user1@example.com"}
	return &v1.GetUserResponse{User: user, Message: "success"}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	options, err := telemetry()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%v\n", listener.Addr())
	options = append(options, server.WithListener(listener))
	log.Fatal(userservice.NewServer(&users{}, options...).Run())
}
