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

func serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%v\n", listener.Addr())
	return userservice.NewServer(
		&users{created: time.Now()},
		server.WithListener(listener),
		server.WithSuite(tracing.NewServerSuite()),
	).Run()
}
