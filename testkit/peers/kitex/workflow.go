package main

import (
	"context"
	"fmt"
	"time"

	"github.com/cloudwego/kitex/client"
	"github.com/kitex-contrib/obs-opentelemetry/tracing"

	"user-service/testkit/kitex/kitex_gen/user"
	"user-service/testkit/kitex/kitex_gen/user/userservice"
)

// workflow creates a user and reads it, in one trace. It says the id of the trace.
func workflow(target string) (string, error) {
	servers, err := targetOf(target)
	if err != nil {
		return "", err
	}
	ctx, end := traced(context.Background(), "workflow user-management")
	options := []client.Option{servers, client.WithSuite(tracing.NewClientSuite())}
	calls, err := userservice.NewClient(serviceName, options...)
	if err != nil {
		return "", err
	}
	email := fmt.Sprintf("u%d@example.com", time.Now().UnixNano())
	created, err := calls.CreateUser(ctx, &user.CreateUserRequest{Name: "Ada Lovelace", Email: email})
	if err != nil {
		return "", err
	}
	if _, err := calls.GetUser(ctx, &user.GetUserRequest{UserId: created.UserId}); err != nil {
		return "", err
	}
	return end(), nil
}
