// Command vanguard serves the HTTP paths of a proto in front of the gRPC service whose address is
// its first argument, as vanguard's README has it, for `cargo xtask bench` to compare with. The
// second argument is the folder of the proto.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	"connectrpc.com/vanguard"
	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func main() {
	schema, err := service(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	transcoder, err := vanguard.NewTranscoder([]*vanguard.Service{
		vanguard.NewServiceWithSchema(schema, backend(os.Args[1]),
			vanguard.WithTargetProtocols(vanguard.ProtocolGRPC),
			vanguard.WithTargetCodecs(vanguard.CodecProto)),
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%v\n", listener.Addr())
	log.Fatal(http.Serve(listener, transcoder))
}

// service is the descriptor of user.v1.UserService.
func service(folder string) (protoreflect.ServiceDescriptor, error) {
	sources := &protocompile.SourceResolver{ImportPaths: []string{folder}}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(sources)}
	files, err := compiler.Compile(context.Background(), "user/v1/user.proto")
	if err != nil {
		return nil, err
	}
	return files[0].Services().ByName("UserService"), nil
}

// backend forwards calls to address over HTTP/2 without TLS.
func backend(address string) http.Handler {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	proxy.Transport = &http.Transport{Protocols: &protocols}
	proxy.FlushInterval = -1
	return proxy
}
