package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/server"
	"github.com/kitex-contrib/obs-opentelemetry/provider"
	"github.com/kitex-contrib/obs-opentelemetry/tracing"
	"go.opentelemetry.io/otel/sdk/trace"
)

const name = "user-service"

// telemetry answers what traces the calls of a server, if an endpoint is named in
// the variables of OpenTelemetry; nothing otherwise.
func telemetry() ([]server.Option, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return nil, nil
	}
	sampler, err := sampler()
	if err != nil {
		return nil, err
	}
	provider.NewOpenTelemetryProvider(
		provider.WithServiceName(name),
		provider.WithSampler(sampler),
	)
	return []server.Option{
		server.WithServerBasicInfo(&rpcinfo.EndpointBasicInfo{ServiceName: name}),
		server.WithSuite(tracing.NewServerSuite()),
	}, nil
}

// sampler reads what the provider would set over: it samples everything by itself.
func sampler() (trace.Sampler, error) {
	switch kind := os.Getenv("OTEL_TRACES_SAMPLER"); kind {
	case "", "parentbased_always_on":
		return trace.ParentBased(trace.AlwaysSample()), nil
	case "parentbased_traceidratio":
		ratio, err := strconv.ParseFloat(os.Getenv("OTEL_TRACES_SAMPLER_ARG"), 64)
		return trace.ParentBased(trace.TraceIDRatioBased(ratio)), err
	default:
		return nil, fmt.Errorf("OTEL_TRACES_SAMPLER: %q isn't known here", kind)
	}
}
