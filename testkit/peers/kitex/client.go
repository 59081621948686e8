package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/client/callopt"
	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/pkg/retry"
	"github.com/cloudwego/kitex/transport"
	"github.com/kitex-contrib/obs-opentelemetry/tracing"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"

	"user-service/testkit/kitex/kitex_gen/user"
	"user-service/testkit/kitex/kitex_gen/user/userservice"
	v1 "user-service/testkit/kitex/kitex_gen/user/v1"
	protobuf "user-service/testkit/kitex/kitex_gen/user/v1/userservice"
)

// options has the client options that change what is sent.
var options = map[string][]client.Option{
	"default":         nil,
	"framed":          {client.WithTransportProtocol(transport.Framed)},
	"buffered":        {client.WithTransportProtocol(transport.PurePayload)},
	"ttheader":        {client.WithTransportProtocol(transport.TTHeader)},
	"ttheader-framed": {client.WithTransportProtocol(transport.TTHeaderFramed)},
	"mux":             {client.WithTransportProtocol(transport.TTHeaderFramed), client.WithMuxConnection(1)},
	"suite":           nil,
	"suite-mux":       {client.WithMuxConnection(1)},
	"suite-mux-retry": {client.WithMuxConnection(1), client.WithFailureRetry(retried)},
	"protobuf":        nil,
	"protobuf-suite":  nil,
	"grpc":            {client.WithTransportProtocol(transport.GRPC)},
	"grpc-suite":      {client.WithTransportProtocol(transport.GRPC)},
}

// retried are all errors but business errors; without a rule, only timeouts are.
var retried = retry.NewFailurePolicyWithResultRetry(retry.AllErrorRetry())

// usesSuite says whether option has the suite for tracing.
func usesSuite(option string) bool {
	return strings.Contains(option, "suite")
}

// isProtobuf says whether option calls with the protobuf IDL.
func isProtobuf(option string) bool {
	return strings.HasPrefix(option, "protobuf") || strings.HasPrefix(option, "grpc")
}

// get makes one call, with either encoding.
type get func(ctx context.Context, id int64, options ...callopt.Option) (string, error)

// call makes the call that leads to outcome: ok, business, twice, deadline, unknown or oneway. It
// says what came of it, and with the suite in which trace.
func call(target, option, outcome string) (string, error) {
	ctx, end := context.Background(), func() string { return "" }
	if usesSuite(option) {
		ctx, end = traced(ctx, outcome)
	}
	get, err := connect(target, option)
	if err != nil {
		return "", err
	}
	defer end()
	switch outcome {
	case "unknown", "oneway":
		return callUnlike(ctx, target, option, outcome)
	case "ok":
		return said(get(ctx, 1))
	case "business":
		return said(get(ctx, 404))
	case "twice":
		if first, err := get(ctx, 1); err != nil {
			return said(first, err)
		}
		return said(get(ctx, 1))
	case "deadline":
		return said(get(ctx, 504, callopt.WithRPCTimeout(300*time.Millisecond)))
	case "trace":
		_, err := get(ctx, 1)
		return end(), err
	default:
		return "", fmt.Errorf("unknown outcome %q", outcome)
	}
}

// connect makes the client: of the protobuf IDL, or of the Thrift one.
func connect(target, option string) (get, error) {
	chosen, err := optionsOf(target, option)
	if err != nil {
		return nil, err
	}
	if isProtobuf(option) {
		return connectProtobuf(chosen)
	}
	client, err := userservice.NewClient(serviceName, chosen...)
	return func(ctx context.Context, id int64, options ...callopt.Option) (string, error) {
		response, err := client.GetUser(ctx, &user.GetUserRequest{UserId: id}, options...)
		if err != nil || response == nil {
			return "", err
		}
		return response.User.Name, nil
	}, err
}

// optionsOf has all options of a client of target.
func optionsOf(target, option string) ([]client.Option, error) {
	chosen, known := options[option]
	if !known {
		return nil, fmt.Errorf("unknown option %q", option)
	}
	servers, err := targetOf(target)
	if err != nil {
		return nil, err
	}
	chosen = append(chosen, servers, client.WithRPCTimeout(5*time.Second))
	if usesSuite(option) {
		chosen = append(chosen, client.WithSuite(tracing.NewClientSuite()))
	}
	return chosen, nil
}

func connectProtobuf(chosen []client.Option) (get, error) {
	client, err := protobuf.NewClient(serviceName, chosen...)
	return func(ctx context.Context, id int64, options ...callopt.Option) (string, error) {
		response, err := client.GetUser(ctx, &v1.GetUserRequest{UserId: id}, options...)
		return fmt.Sprint(response.GetUser().GetName()), err
	}, err
}

// said tells the outcomes of a call apart as the program of a user would.
func said(name string, err error) (string, error) {
	var exception interface{ TypeId() int32 }
	business, isBusiness := kerrors.FromBizStatusError(err)
	switch {
	case err == nil:
		return "ok: " + name, nil
	case isBusiness:
		text := "business error %d: %s, reason %s"
		return fmt.Sprintf(text, business.BizStatusCode(), business.BizMessage(), business.BizExtra()["reason"]), nil
	case errors.Is(err, kerrors.ErrRPCTimeout):
		return "timeout", nil
	case errors.As(err, &exception):
		return fmt.Sprintf("exception %d", exception.TypeId()), nil
	default:
		return "error: " + err.Error(), nil
	}
}

// traced starts a sampled trace whose first span has name; the function that it returns ends it and
// says its id. Spans are exported over OTLP where OTEL_EXPORTER_OTLP_ENDPOINT says.
func traced(ctx context.Context, name string) (context.Context, func() string) {
	options := []trace.TracerProviderOption{trace.WithSampler(trace.AlwaysSample())}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" {
		exporter, err := otlptracegrpc.New(ctx)
		if err != nil {
			log.Fatal(err)
		}
		options = append(options, trace.WithSyncer(exporter))
	}
	provider := trace.NewTracerProvider(options...)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
		propagation.TraceContext{}, propagation.Baggage{}))
	ctx, span := provider.Tracer("interop").Start(ctx, name)
	return ctx, func() string {
		span.End()
		return span.SpanContext().TraceID().String()
	}
}
