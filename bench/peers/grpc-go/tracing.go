package main

import (
	"context"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
)

// tracing answers what traces the calls of a server, as the SDK does it from its
// own variables, if they name an endpoint; nothing otherwise.
func tracing() ([]grpc.ServerOption, error) {
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return nil, nil
	}
	exporter, err := otlptracegrpc.New(context.Background())
	if err != nil {
		return nil, err
	}
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler())}, nil
}
