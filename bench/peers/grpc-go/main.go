// Command grpc-go answers user.v1.UserService/GetUser with a constant, as
// grpc-go's examples serve, for `cargo xtask bench` to compare with. Calls are traced
// where OTEL_EXPORTER_OTLP_ENDPOINT is set.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message as it is on the wire: with two of them no code
// needs to be generated.
type message []byte

// codec passes messages on as they are.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(value any) (mem.BufferSlice, error) {
	bytes := []byte(*value.(*message))
	return mem.BufferSlice{mem.NewBuffer(&bytes, nil)}, nil
}

func (codec) Unmarshal(data mem.BufferSlice, value any) error {
	*value.(*message) = data.Materialize()
	return nil
}

// getUser answers with the user that the other peers have, under the id asked for.
func getUser(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	var request message
	if err := decode(&request); err != nil {
		return nil, err
	}
	id := uint64(0)
	if _, kind, tag := protowire.ConsumeTag(request); tag > 0 && kind == protowire.VarintType {
		id, _ = protowire.ConsumeVarint(request[tag:])
	}
	var user, response message
	user = protowire.AppendVarint(protowire.AppendTag(user, 1, protowire.VarintType), id)
	user = protowire.AppendString(protowire.AppendTag(user, 2, protowire.BytesType), "User 1")
	user = protowire.AppendString(protowire.AppendTag(user, 3, protowire.BytesType), "user1@example.com")
	response = protowire.AppendBytes(protowire.AppendTag(response, 1, protowire.BytesType), user)
	response = protowire.AppendString(protowire.AppendTag(response, 2, protowire.BytesType), "success")
	return &response, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%v\n", listener.Addr())
	options, err := tracing()
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(append(options, grpc.ForceServerCodecV2(codec{}))...)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "user.v1.UserService",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "GetUser", Handler: getUser}},
	}, nil)
	log.Fatal(server.Serve(listener))
}
