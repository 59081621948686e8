package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/server"
	"github.com/kitex-contrib/obs-opentelemetry/tracing"

	"user-service/testkit/kitex/kitex_gen/user"
	"user-service/testkit/kitex/kitex_gen/user/userservice"
	v1 "user-service/testkit/kitex/kitex_gen/user/v1"
	protobuf "user-service/testkit/kitex/kitex_gen/user/v1/userservice"
)

// users answers as user-service does that has Ada under the id 1.
type users struct {
	user.UserService
	created time.Time
}

func (s *users) GetUser(_ context.Context, request *user.GetUserRequest) (*user.GetUserResponse, error) {
	if request.UserId == 504 {
		time.Sleep(time.Second)
	}
	if request.UserId != 1 {
		text := fmt.Sprintf("no user has the id %d", request.UserId)
		extra := map[string]string{"reason": "USER_NOT_FOUND"}
		return nil, kerrors.NewBizStatusErrorWithExtra(5, text, extra)
	}
	ada := &user.User{Id: 1, Name: "Ada Lovelace", Email: "ada@example.com", CreatedAt: s.created.Unix()}
	return &user.GetUserResponse{User: ada, Message: "success"}, nil
}

func (s *users) CreateUser(_ context.Context, request *user.CreateUserRequest) (*user.CreateUserResponse, error) {
	return &user.CreateUserResponse{UserId: 1, Message: "user created"}, nil
}

// grpcUsers is the same for the protobuf IDL.
type grpcUsers struct {
	users
}

func (s *grpcUsers) GetUser(ctx context.Context, request *v1.GetUserRequest) (*v1.GetUserResponse, error) {
	response, err := s.users.GetUser(ctx, &user.GetUserRequest{UserId: request.UserId})
	if err != nil {
		return nil, err
	}
	ada := response.User
	return &v1.GetUserResponse{User: &v1.User{Id: ada.Id, Name: ada.Name, Email: ada.Email}}, nil
}

// serve serves the protobuf IDL if it is "grpc" that is asked for, else the Thrift one; and
// registers if target is not empty.
func serve(idl, target string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	options := []server.Option{
		server.WithListener(listener),
		server.WithSuite(tracing.NewServerSuite()),
	}
	if target != "" {
		registered, err := registered(target)
		if err != nil {
			return err
		}
		options = append(options, registered...)
	}
	fmt.Printf("http://%v\n", listener.Addr())
	service := users{created: time.Now()}
	if idl == "grpc" {
		return protobuf.NewServer(&grpcUsers{users: service}, options...).Run()
	}
	return userservice.NewServer(&service, options...).Run()
}
