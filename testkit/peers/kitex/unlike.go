package main

import (
	"context"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/serviceinfo"

	"user-service/testkit/kitex/kitex_gen/user"
	"user-service/testkit/kitex/kitex_gen/user/userservice"
)

// callUnlike calls as no client of the IDL does: "unknown" is a method that the server lacks, and
// "oneway" GetUser without a response.
func callUnlike(ctx context.Context, target, option, outcome string) (string, error) {
	chosen, err := optionsOf(target, option)
	if err != nil {
		return "", err
	}
	method, isOneway := "Nothing", outcome == "oneway"
	if isOneway {
		method = "GetUser"
	}
	info := *userservice.NewServiceInfo()
	info.Methods = map[string]serviceinfo.MethodInfo{
		method: serviceinfo.NewMethodInfo(nil, nil, nil, isOneway,
			serviceinfo.WithStreamingMode(serviceinfo.StreamingNone)),
	}
	caller, err := client.NewClient(&info, append(chosen, client.WithDestService(serviceName))...)
	if err != nil {
		return "", err
	}
	arguments := user.NewUserServiceGetUserArgs()
	arguments.Req = &user.GetUserRequest{UserId: 1}
	if isOneway {
		return said("", caller.Call(ctx, method, arguments, nil))
	}
	return said("", caller.Call(ctx, method, arguments, user.NewUserServiceGetUserResult()))
}
