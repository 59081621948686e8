package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/transport"
	"github.com/kitex-contrib/obs-opentelemetry/tracing"

	"user-service/testkit/kitex/kitex_gen/streams/user"
	"user-service/testkit/kitex/kitex_gen/streams/user/userservice"
)

//go:generate go tool kitex -streamx -gen-path kitex_gen/streams -module user-service/testkit/kitex ../../../proto/thrift/user.thrift

// slow is the cursor for which a server responds to nothing.
const slow = 504

// streamTransports has the transports of the streams of the Thrift IDL.
var streamTransports = map[string]transport.Protocol{
	"grpc":     transport.GRPC,
	"ttheader": transport.TTHeaderStreaming,
}

// stream makes the stream that leads to outcome. It says what came of it, and with the suite in
// which trace.
func stream(target, option, outcome string) (string, error) {
	ctx, end := traced(context.Background(), outcome)
	defer end()
	calls, err := connectStreams(target, option)
	if err != nil {
		return "", err
	}
	// The finalizer of a client closes its connections, with the streams that are open on them.
	defer runtime.KeepAlive(calls)
	switch outcome {
	case "unary":
		response, err := calls.GetUser(ctx, &user.GetUserRequest{UserId: 1})
		if err != nil {
			return said("", err)
		}
		return said(response.User.Name, nil)
	case "list":
		return said(list(ctx, calls, 0, 1))
	case "create":
		return said(create(ctx, calls))
	case "lookup":
		return said(lookUp(ctx, calls, []int64{1, 404}, 0))
	case "business":
		return said(list(ctx, calls, 0, -1))
	case "cancel":
		ctx, cancel := context.WithCancel(ctx)
		time.AfterFunc(300*time.Millisecond, cancel)
		return ended(list(ctx, calls, slow, 0))
	case "deadline":
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		return ended(list(ctx, calls, slow, 0))
	case "drain":
		return said(lookUp(ctx, calls, make([]int64, 30), 100*time.Millisecond))
	case "trace":
		_, err := list(ctx, calls, 0, 0)
		return end(), err
	default:
		return "", fmt.Errorf("unknown outcome %q", outcome)
	}
}

func connectStreams(target, option string) (userservice.Client, error) {
	name, suite := strings.CutSuffix(option, "-suite")
	protocol, known := streamTransports[name]
	if !known {
		return nil, fmt.Errorf("unknown option %q", option)
	}
	servers, err := targetOf(target)
	if err != nil {
		return nil, err
	}
	options := []client.Option{servers, client.WithTransportProtocol(protocol)}
	if suite {
		options = append(options, client.WithSuite(tracing.NewClientSuite()))
	}
	return userservice.NewClient(serviceName, options...)
}

// list says the names of all users after the cursor.
func list(ctx context.Context, calls userservice.Client, after int64, limit int32) (string, error) {
	stream, err := calls.ListUsers(ctx, &user.ListUsersRequest{AfterUserId: &after, Limit: &limit})
	if err != nil {
		return "", err
	}
	var names []string
	for {
		response, err := stream.Recv(stream.Context())
		if errors.Is(err, io.EOF) {
			return strings.Join(names, ", "), nil
		}
		if err != nil {
			return "", err
		}
		names = append(names, response.User.Name)
	}
}

// create sends a row that is created, and one that is not valid.
func create(ctx context.Context, calls userservice.Client) (string, error) {
	stream, err := calls.CreateUsers(ctx)
	if err != nil {
		return "", err
	}
	email := fmt.Sprintf("u%d@example.com", time.Now().UnixNano())
	for _, row := range []*user.CreateUsersRequest{{Name: "Grace", Email: email}, {Name: "", Email: email}} {
		if err := stream.Send(ctx, row); err != nil {
			return "", err
		}
	}
	response, err := stream.CloseAndRecv(ctx)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d created", response.CreatedCount)
	for _, failure := range response.Failures {
		text += fmt.Sprintf(", %d %s", failure.Index, failure.Status.Details["reason"])
	}
	return text, nil
}

// lookUp gets users one after the other, with a pause before each; an id of 0 stands for 1, of which
// only the number of responses is said.
func lookUp(ctx context.Context, calls userservice.Client, ids []int64, pause time.Duration) (string, error) {
	stream, err := calls.GetUsers(ctx)
	if err != nil {
		return "", err
	}
	var said []string
	for _, id := range ids {
		time.Sleep(pause)
		if err := stream.Send(ctx, &user.GetUsersRequest{UserId: max(id, 1)}); err != nil {
			return "", err
		}
		response, err := stream.Recv(ctx)
		if err != nil {
			return "", err
		}
		said = append(said, result(response))
	}
	if err := stream.CloseSend(ctx); err != nil {
		return "", err
	}
	if _, err := stream.Recv(ctx); !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("no end of the stream: %w", err)
	}
	if pause > 0 {
		return fmt.Sprintf("%d responses", len(said)), nil
	}
	return strings.Join(said, ", "), nil
}

func result(response *user.GetUsersResponse) string {
	if response.User != nil {
		return response.User.Name
	}
	return fmt.Sprintf("%d %s", response.Error.Code, response.Error.Details["reason"])
}

// ended tells the ends of a stream apart that its client brought about.
func ended(said string, err error) (string, error) {
	switch {
	case err == nil:
		return "ok: " + said, nil
	case errors.Is(err, kerrors.ErrStreamingCanceled):
		return "cancelled", nil
	case errors.Is(err, kerrors.ErrStreamingTimeout):
		return "timeout", nil
	case strings.Contains(err.Error(), "DeadlineExceeded"), strings.Contains(err.Error(), "deadline exceeded"):
		return "timeout", nil
	case strings.Contains(err.Error(), "Canceled"), strings.Contains(err.Error(), "canceled"):
		return "cancelled", nil
	default:
		return "error: " + err.Error(), nil
	}
}
