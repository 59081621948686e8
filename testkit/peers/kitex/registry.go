package main

import (
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/discovery"
	"github.com/cloudwego/kitex/pkg/registry"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/server"
	etcd "github.com/kitex-contrib/registry-etcd"
	nacosregistry "github.com/kitex-contrib/registry-nacos/registry"
	nacosresolver "github.com/kitex-contrib/registry-nacos/resolver"
	"github.com/nacos-group/nacos-sdk-go/clients"
	"github.com/nacos-group/nacos-sdk-go/clients/naming_client"
	"github.com/nacos-group/nacos-sdk-go/common/constant"
	"github.com/nacos-group/nacos-sdk-go/vo"
)

const serviceName = "user-service"

// targetOf says where a client finds its servers.
func targetOf(target string) (client.Option, error) {
	resolver, err := resolverOf(target)
	if err != nil {
		return client.Option{}, err
	}
	if resolver == nil {
		return client.WithHostPorts(target), nil
	}
	return client.WithResolver(resolver), nil
}

// resolverOf connects to the registry that target names, if it names one.
func resolverOf(target string) (discovery.Resolver, error) {
	scheme, address, _ := strings.Cut(target, "://")
	switch scheme {
	case "etcd":
		options, err := etcdAccess()
		if err != nil {
			return nil, err
		}
		return etcd.NewEtcdResolver([]string{address}, options...)
	case "nacos":
		naming, err := nacosClient(address)
		if err != nil {
			return nil, err
		}
		return nacosresolver.NewNacosResolver(naming), nil
	default:
		return nil, nil
	}
}

// registered says where a server registers.
func registered(target string) ([]server.Option, error) {
	registry, err := registryOf(target)
	if err != nil {
		return nil, err
	}
	name := &rpcinfo.EndpointBasicInfo{ServiceName: serviceName}
	return []server.Option{server.WithRegistry(registry), server.WithServerBasicInfo(name)}, nil
}

func registryOf(target string) (registry.Registry, error) {
	scheme, address, _ := strings.Cut(target, "://")
	if scheme == "etcd" {
		options, err := etcdAccess()
		if err != nil {
			return nil, err
		}
		return etcd.NewEtcdRegistry([]string{address}, options...)
	}
	naming, err := nacosClient(address)
	if err != nil {
		return nil, err
	}
	return nacosregistry.NewNacosRegistry(naming), nil
}

// etcdAccess logs in to etcd over TLS, if the variables of user-service say so.
func etcdAccess() ([]etcd.Option, error) {
	username := os.Getenv("ETCD_USERNAME")
	if username == "" {
		return nil, nil
	}
	password, err := os.ReadFile(os.Getenv("ETCD_PASSWORD_FILE"))
	if err != nil {
		return nil, err
	}
	certificate, key := os.Getenv("ETCD_CERT_FILE"), os.Getenv("ETCD_KEY_FILE")
	return []etcd.Option{
		etcd.WithAuthOpt(username, strings.TrimSpace(string(password))),
		etcd.WithTLSOpt(certificate, key, os.Getenv("ETCD_CA_FILE")),
	}, nil
}

// nacosClient is a client of the HTTP API of version 1, without files of its own.
func nacosClient(address string) (naming_client.INamingClient, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "kitex-nacos-")
	if err != nil {
		return nil, err
	}
	return clients.NewNamingClient(vo.NacosClientParam{
		ClientConfig: constant.NewClientConfig(
			constant.WithNotLoadCacheAtStart(true),
			constant.WithCacheDir(folder),
			constant.WithLogDir(folder),
		),
		ServerConfigs: []constant.ServerConfig{*constant.NewServerConfig(host, number)},
	})
}
