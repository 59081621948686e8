package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/transport"

	"user-service/peers/kitex/kitex_gen/user"
	thrift "user-service/peers/kitex/kitex_gen/user/userservice"
	v1 "user-service/peers/kitex/kitex_gen/user/v1"
	"user-service/peers/kitex/kitex_gen/user/v1/userservice"
)

const (
	// callers is the number of calls at a time.
	callers = 100
	// connections is the number of multiplexed connections; the others have one for each call.
	connections = 16
	duration    = 3 * time.Second
	// ids is the number of users, which have the ids from 1 on.
	ids = 1000
)

// get makes one call.
type get func(ctx context.Context, id int64) error

// figures is what a load came to, as `user-client bench` writes it.
type figures struct {
	Calls          int            `json:"calls"`
	CallsPerSecond float64        `json:"calls_per_second"`
	P50            float64        `json:"p50_us"`
	P99            float64        `json:"p99_us"`
	Failures       map[string]int `json:"failures"`
}

// load calls the server at the URL in USER_SERVICE for some seconds, and prints what that came to.
func load(over string) error {
	get, err := connect(strings.TrimPrefix(os.Getenv("USER_SERVICE"), "http://"), over)
	if err != nil {
		return err
	}
	times := make([][]time.Duration, callers)
	failures := map[string]int{}
	var lock sync.Mutex
	var open sync.WaitGroup
	started := time.Now()
	for caller := range callers {
		open.Go(func() {
			for time.Since(started) < duration {
				before := time.Now()
				if err := get(context.Background(), rand.Int64N(ids)+1); err != nil {
					lock.Lock()
					failures[err.Error()]++
					lock.Unlock()
					continue
				}
				times[caller] = append(times[caller], time.Since(before))
			}
		})
	}
	open.Wait()
	all := slices.Concat(times...)
	if len(all) == 0 {
		return fmt.Errorf("no call succeeded: %v", failures)
	}
	slices.Sort(all)
	microseconds := func(percent int) float64 {
		return float64(all[(len(all)-1)*percent/100]) / float64(time.Microsecond)
	}
	written, err := json.Marshal(figures{
		Calls:          len(all),
		CallsPerSecond: float64(len(all)) / time.Since(started).Seconds(),
		P50:            microseconds(50),
		P99:            microseconds(99),
		Failures:       failures,
	})
	fmt.Println(string(written))
	return err
}

// connect makes a client: of the protobuf IDL over gRPC, or of the Thrift one over the others.
func connect(address, over string) (get, error) {
	options := []client.Option{client.WithHostPorts(address)}
	switch over {
	case "grpc":
		client, err := userservice.NewClient(name, append(options, client.WithTransportProtocol(transport.GRPC))...)
		return func(ctx context.Context, id int64) error {
			_, err := client.GetUser(ctx, &v1.GetUserRequest{UserId: id})
			return err
		}, err
	case "framed":
		options = append(options, client.WithTransportProtocol(transport.Framed))
	case "ttheader":
		options = append(options, client.WithTransportProtocol(transport.TTHeaderFramed))
	case "mux":
		options = append(options, client.WithTransportProtocol(transport.TTHeaderFramed),
			client.WithMuxConnection(connections))
	default:
		return nil, fmt.Errorf("unknown transport %q", over)
	}
	client, err := thrift.NewClient(name, options...)
	return func(ctx context.Context, id int64) error {
		_, err := client.GetUser(ctx, &user.GetUserRequest{UserId: id})
		return err
	}, err
}
