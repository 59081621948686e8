// Command kitex is a stock Kitex client and server of the UserService, for
// `cargo xtask interop --kitex`:
//
//	kitex call TARGET OPTION OUTCOME    prints what the client makes of one call
//	kitex stream TARGET OPTION OUTCOME  prints what the client makes of one stream
//	kitex load TARGET OPTION SECONDS    makes 100 calls a second, and prints how many failed
//	kitex workflow TARGET               creates a user and reads it, and prints the id of the trace
//	kitex serve IDL [REGISTRY]          prints its address, and serves as user-service does that has one user
//
// IDL is grpc, thrift or streams. TARGET is an address or REGISTRY, which is etcd://ADDRESS or nacos://ADDRESS.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/cloudwego/kitex/pkg/klog"
)

//go:generate go tool kitex -module user-service/testkit/kitex ../../../proto/thrift/user.thrift
//go:generate go tool kitex -module user-service/testkit/kitex -type protobuf ../../../bench/peers/kitex/user.proto

var errUsage = errors.New("usage: kitex call TARGET OPTION OUTCOME | kitex stream TARGET OPTION OUTCOME | kitex load TARGET OPTION SECONDS | " +
	"kitex workflow TARGET | kitex serve IDL [REGISTRY]")

func main() {
	klog.SetLevel(klog.LevelError)
	said, err := run(os.Args[1:])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(said)
}

func run(arguments []string) (string, error) {
	if len(arguments) < 2 {
		return "", errUsage
	}
	command, rest := arguments[0], arguments[1:]
	switch {
	case command == "call" && len(rest) == 3:
		return call(rest[0], rest[1], rest[2])
	case command == "stream" && len(rest) == 3:
		return stream(rest[0], rest[1], rest[2])
	case command == "load" && len(rest) == 3:
		return load(rest[0], rest[1], rest[2])
	case command == "workflow" && len(rest) == 1:
		return workflow(rest[0])
	case command == "serve" && len(rest) == 1 && rest[0] == "streams":
		return "", serveStreams()
	case command == "serve" && len(rest) == 1:
		return "", serve(rest[0], "")
	case command == "serve" && len(rest) == 2:
		return "", serve(rest[0], rest[1])
	default:
		return "", errUsage
	}
}
