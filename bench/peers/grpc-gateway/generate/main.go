// Command generate writes the Go code of the repository's proto: what protoc does with the plugins
// that `go tool` has, without protoc.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	protos  = "../../../proto"
	module  = "user-service/peers/grpc-gateway"
	service = "user/v1/user.proto"
)

// generated are the files below protos that Go code is written of, all into one package.
var generated = []string{service, "user/v1/role.proto"}

func main() {
	files, err := compiled()
	if err != nil {
		log.Fatal(err)
	}
	request, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: generated,
		Parameter:      proto.String(parameters()),
		ProtoFile:      files,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, plugin := range []string{"protoc-gen-go", "protoc-gen-go-grpc", "protoc-gen-grpc-gateway"} {
		if err := run(plugin, request); err != nil {
			log.Fatalf("%s: %v", plugin, err)
		}
	}
}

// parameters tell a plugin the package of the files, which name none, and the folder of that.
func parameters() string {
	all := "module=" + module
	for _, file := range generated {
		all += ",M" + file + "=" + module + "/generated"
	}
	return all
}

// compiled is the service after the files that it imports. This program has linked in those of
// Google, which name their Go packages.
func compiled() ([]*descriptorpb.FileDescriptorProto, error) {
	linked := protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
		file, err := protoregistry.GlobalFiles.FindFileByPath(path)
		return protocompile.SearchResult{Desc: file}, err
	})
	compiler := protocompile.Compiler{
		Resolver: protocompile.CompositeResolver{
			linked,
			&protocompile.SourceResolver{ImportPaths: []string{protos}},
		},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), service)
	if err != nil {
		return nil, err
	}
	return append(imported(files[0], map[string]bool{}), protodesc.ToFileDescriptorProto(files[0])), nil
}

func imported(file protoreflect.FileDescriptor, seen map[string]bool) []*descriptorpb.FileDescriptorProto {
	var all []*descriptorpb.FileDescriptorProto
	imports := file.Imports()
	for i := range imports.Len() {
		next := imports.Get(i).FileDescriptor
		if seen[next.Path()] {
			continue
		}
		seen[next.Path()] = true
		all = append(all, imported(next, seen)...)
		all = append(all, protodesc.ToFileDescriptorProto(next))
	}
	return all
}

func run(plugin string, request []byte) error {
	command := exec.Command("go", "tool", plugin)
	command.Stdin = bytes.NewReader(request)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return err
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(output, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return fmt.Errorf("%s", response.GetError())
	}
	for _, file := range response.File {
		if err := os.MkdirAll(filepath.Dir(file.GetName()), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file.GetName(), []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}
