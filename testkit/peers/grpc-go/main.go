// Command grpc-go is user.v1.UserService's caller or server on grpc-go, a frame for each
// message, for `cargo xtask interop`:
//
//	grpc-go call ADDRESS create|lookup|list MESSAGES STREAMS fast|slow SEED
//	grpc-go serve USERS
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// How long all streams of a run may take.
const limit = 5 * time.Minute

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	arguments := os.Args[1:]
	switch {
	case len(arguments) == 7 && arguments[0] == "call":
		caller := &caller{
			method:   arguments[2],
			messages: number(arguments[3]),
			slow:     arguments[5] == "slow",
			seed:     arguments[6],
		}
		if err := caller.run(arguments[1], number(arguments[4])); err != nil {
			log.Fatal(err)
		}
	case len(arguments) == 2 && arguments[0] == "serve":
		log.Fatal(serve(number(arguments[1])))
	default:
		log.Fatal("call ADDRESS METHOD MESSAGES STREAMS fast|slow SEED, or serve USERS")
	}
}

type caller struct {
	method   string
	messages int
	slow     bool
	seed     string
}

// run opens the streams on one connection, and waits for all.
func (caller *caller) run(address string, streams int) error {
	connection, err := grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodecV2(codec{}), grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ended := make(chan error, streams)
	for stream := range streams {
		go func() { ended <- caller.stream(ctx, connection, stream) }()
	}
	for range streams {
		if err := <-ended; err != nil {
			return err
		}
	}
	return nil
}

func (caller *caller) stream(ctx context.Context, connection *grpc.ClientConn, number int) error {
	description := &grpc.StreamDesc{
		ClientStreams: caller.method != "list",
		ServerStreams: caller.method != "create",
	}
	stream, err := connection.NewStream(ctx, description, paths[caller.method])
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- caller.send(stream, number) }()
	if err := caller.receive(stream); err != nil {
		return err
	}
	return <-sent
}

func (caller *caller) send(stream grpc.ClientStream, number int) error {
	if caller.method == "list" {
		request := append(message{}, field(2, uint64(caller.messages))...)
		if err := stream.SendMsg(&request); err != nil {
			return err
		}
		return stream.CloseSend()
	}
	for index := 1; index <= caller.messages; index++ {
		request := field(1, uint64(index))
		if caller.method == "create" {
			request = row(fmt.Sprintf("%s.%d.%d@x.io", caller.seed, number, index))
		}
		if err := stream.SendMsg(&request); err == io.EOF {
			// The reader learns why.
			return nil
		} else if err != nil {
			return err
		}
	}
	return stream.CloseSend()
}

// receive reads all answers, and fails unless there is one for each message.
func (caller *caller) receive(stream grpc.ClientStream) error {
	count := 0
	for {
		var answer message
		err := stream.RecvMsg(&answer)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if caller.method == "create" {
			count = int(first(answer))
			break
		}
		count++
		if caller.method == "lookup" && first(answer) != uint64(count) {
			return fmt.Errorf("answer %d is about user %d", count, first(answer))
		}
		if caller.slow {
			pause(count)
		}
	}
	if count != caller.messages {
		return fmt.Errorf("%d of %d answers", count, caller.messages)
	}
	return nil
}

// pause is what a slow reader does after each answer.
func pause(count int) {
	switch {
	case count == 1:
		time.Sleep(time.Second)
	case count%1000 == 0:
		time.Sleep(20 * time.Millisecond)
	}
}
