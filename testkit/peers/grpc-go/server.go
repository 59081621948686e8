package main

import (
	"fmt"
	"io"
	"net"

	"google.golang.org/grpc"
)

// serve serves users of these ids, and prints where.
func serve(users int) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%v\n", listener.Addr())
	server := grpc.NewServer(grpc.ForceServerCodecV2(codec{}))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "user.v1.UserService",
		HandlerType: (*any)(nil),
		Streams: []grpc.StreamDesc{
			{StreamName: "ListUsers", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
				return list(stream, users)
			}},
			{StreamName: "GetUsers", ServerStreams: true, ClientStreams: true, Handler: lookup},
			{StreamName: "CreateUsers", ClientStreams: true, Handler: create},
		},
	}, nil)
	return server.Serve(listener)
}

func list(stream grpc.ServerStream, users int) error {
	var request message
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	// The one field of interest is the first, if it is there.
	after := 0
	if len(request) > 0 && request[0] == 1<<3 {
		after = int(first(request))
	}
	for id := after + 1; id <= users; id++ {
		answer := nested(1, user(id))
		if err := stream.SendMsg(&answer); err != nil {
			return err
		}
	}
	return nil
}

func lookup(_ any, stream grpc.ServerStream) error {
	for {
		var request message
		err := stream.RecvMsg(&request)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		id := first(request)
		answer := append(field(1, id), nested(2, user(int(id)))...)
		if err := stream.SendMsg(&answer); err != nil {
			return err
		}
	}
}

func create(_ any, stream grpc.ServerStream) error {
	count := 0
	for {
		var request message
		err := stream.RecvMsg(&request)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		count++
	}
	answer := field(1, uint64(count))
	for id := 1; id <= count; id++ {
		answer = append(answer, field(2, uint64(id))...)
	}
	return stream.SendMsg(&answer)
}
