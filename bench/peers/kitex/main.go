// Command kitex is what `cargo xtask bench` compares with:
//
//	kitex                           answers GetUser of the protobuf IDL with a constant, over gRPC
//	kitex thrift                    the same of the Thrift IDL
//	kitex mux                       the same on multiplexed connections alone
//	kitex load TRANSPORT            calls GetUser for some seconds, and prints figures as JSON
//
// Calls are traced where OTEL_EXPORTER_OTLP_ENDPOINT is set.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"

	"github.com/cloudwego/kitex/server"

	"user-service/peers/kitex/kitex_gen/user"
	thrift "user-service/peers/kitex/kitex_gen/user/userservice"
	v1 "user-service/peers/kitex/kitex_gen/user/v1"
	"user-service/peers/kitex/kitex_gen/user/v1/userservice"
)

//go:generate go tool kitex -module user-service/peers/kitex -type protobuf user.proto
//go:generate go tool kitex -module user-service/peers/kitex ../../../proto/thrift/user.thrift

// users answers with the user that the other peers have, under the id asked for.
type users struct{}

func (*users) GetUser(_ context.Context, request *v1.GetUserRequest) (*v1.GetUserResponse, error) {
	user := &v1.User{Id: request.UserId, Name: "User 1", Email: "user1@example.com"}
	return &v1.GetUserResponse{User: user, Message: "success"}, nil
}

// thriftUsers is the same for the Thrift IDL; the other methods are not called.
type thriftUsers struct {
	user.UserService
}

func (*thriftUsers) GetUser(_ context.Context, request *user.GetUserRequest) (*user.GetUserResponse, error) {
	found := &user.User{Id: request.UserId, Name: "User 1", Email: "user1@example.com"}
	return &user.GetUserResponse{User: found, Message: "success"}, nil
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "load" {
		if err := load(os.Args[2]); err != nil {
			log.Fatal(err)
		}
		return
	}
	idl := ""
	if len(os.Args) == 2 {
		idl = os.Args[1]
	}
	log.Fatal(serve(idl))
}

func serve(idl string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	options, err := telemetry()
	if err != nil {
		return err
	}
	fmt.Printf("http://%v\n", listener.Addr())
	options = append(options, server.WithListener(listener))
	switch idl {
	case "thrift":
		return thrift.NewServer(&thriftUsers{}, options...).Run()
	case "mux":
		return thrift.NewServer(&thriftUsers{}, append(options, server.WithMuxTransport())...).Run()
	default:
		return userservice.NewServer(&users{}, options...).Run()
	}
}
