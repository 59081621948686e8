package main

import (
	"fmt"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

var paths = map[string]string{
	"create": "/user.v1.UserService/CreateUsers",
	"lookup": "/user.v1.UserService/GetUsers",
	"list":   "/user.v1.UserService/ListUsers",
}

// message is a protobuf message as it is on the wire: with so few of them no code needs to
// be generated.
type message []byte

// codec passes messages on as they are.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(value any) (mem.BufferSlice, error) {
	bytes := []byte(*value.(*message))
	return mem.BufferSlice{mem.NewBuffer(&bytes, nil)}, nil
}

func (codec) Unmarshal(data mem.BufferSlice, value any) error {
	*value.(*message) = data.Materialize()
	return nil
}

// field is a number in a message.
func field(number protowire.Number, value uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), value)
}

// text is a string in a message.
func text(number protowire.Number, value string) message {
	return protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

// nested is a message in a message.
func nested(number protowire.Number, value message) message {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), value)
}

// row is a user to create.
func row(email string) message {
	return append(text(1, "A"), text(2, email)...)
}

// user is the user with this id.
func user(id int) message {
	user := append(field(1, uint64(id)), text(2, "A")...)
	user = append(user, text(3, fmt.Sprintf("a%d@x.io", id))...)
	return append(user, field(5, 1_700_000_000)...)
}

// first is the number with which a message begins; 0 if there is none.
func first(message message) uint64 {
	_, kind, tag := protowire.ConsumeTag(message)
	if tag <= 0 || kind != protowire.VarintType {
		return 0
	}
	value, _ := protowire.ConsumeVarint(message[tag:])
	return value
}
