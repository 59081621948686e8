// Command kitex is a stock Kitex client and server of the UserService, for
// `cargo xtask interop --kitex`:
//
//	kitex call ADDRESS OPTION OUTCOME   prints what the client makes of one call
//	kitex serve [USERS]                 prints its address, and serves as user-service does that has one user
package main

import (
	"fmt"
	"log"
	"os"
)

//go:generate go tool kitex -module user-service/testkit/kitex ../../../proto/thrift/user.thrift
//go:generate go tool kitex -module user-service/testkit/kitex -type protobuf ../../../bench/peers/kitex/user.proto

func main() {
	switch {
	case len(os.Args) == 5 && os.Args[1] == "call":
		outcome, err := call(os.Args[2], os.Args[3], os.Args[4])
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(outcome)
	case len(os.Args) >= 2 && os.Args[1] == "serve":
		log.Fatal(serve())
	default:
		log.Fatal("usage: kitex call ADDRESS OPTION OUTCOME | kitex serve")
	}
}
