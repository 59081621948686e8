package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/server"
	"github.com/kitex-contrib/obs-opentelemetry/tracing"

	"user-service/testkit/kitex/kitex_gen/streams/user"
	"user-service/testkit/kitex/kitex_gen/streams/user/userservice"
)

// streams answers as user-service does that has Ada under the id 1.
type streams struct {
	user.UserService
}

func ada() *user.User {
	return &user.User{Id: 1, Name: "Ada Lovelace", Email: "ada@example.com"}
}

func (s *streams) GetUser(context.Context, *user.GetUserRequest) (*user.GetUserResponse, error) {
	return &user.GetUserResponse{User: ada(), Message: "success"}, nil
}

func (s *streams) ListUsers(ctx context.Context, request *user.ListUsersRequest, stream user.UserService_ListUsersServer) error {
	if request.GetLimit() < 0 {
		extra := map[string]string{"reason": "INVALID_FIELDS"}
		return kerrors.NewBizStatusErrorWithExtra(3, "limit must not be negative", extra)
	}
	if request.GetAfterUserId() == slow {
		<-ctx.Done()
		return ctx.Err()
	}
	return stream.Send(ctx, &user.ListUsersResponse{User: ada()})
}

func (s *streams) CreateUsers(ctx context.Context, stream user.UserService_CreateUsersServer) error {
	response := &user.CreateUsersResponse{UserIds: []int64{}, Failures: []*user.CreateUsersFailure{}}
	for index := int64(0); ; index++ {
		row, err := stream.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(ctx, response)
		}
		if err != nil {
			return err
		}
		if row.Name == "" {
			response.Failures = append(response.Failures, &user.CreateUsersFailure{
				Index:  index,
				Status: &user.Status{Code: 3, Details: map[string]string{"reason": "INVALID_FIELDS"}},
			})
			continue
		}
		response.CreatedCount++
		response.UserIds = append(response.UserIds, index+2)
	}
}

func (s *streams) GetUsers(ctx context.Context, stream user.UserService_GetUsersServer) error {
	for {
		request, err := stream.Recv(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		response := &user.GetUsersResponse{UserId: request.UserId, User: ada()}
		if request.UserId != 1 {
			response.User = nil
			response.Error = &user.Status{Code: 5, Details: map[string]string{"reason": "USER_NOT_FOUND"}}
		}
		if err := stream.Send(ctx, response); err != nil {
			return err
		}
	}
}

// serveStreams serves the streams of the Thrift IDL over all transports.
func serveStreams() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%v\n", listener.Addr())
	options := []server.Option{server.WithListener(listener), server.WithSuite(tracing.NewServerSuite())}
	return userservice.NewServer(&streams{}, options...).Run()
}
