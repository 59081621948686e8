// Command grpc-gateway serves GET /v1/users/{user_id} in front of the gRPC service whose address
// is its argument, as grpc-gateway's README has it, for `cargo xtask bench` to compare with.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"user-service/peers/grpc-gateway/generated"
)

//go:generate go run ./generate

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	mux := runtime.NewServeMux()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	err = generated.RegisterUserServiceHandlerFromEndpoint(context.Background(), mux, os.Args[1], options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%v\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}
