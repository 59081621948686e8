"""user.v1.UserService's caller or server on grpcio (C-core), a frame for each message, for
`cargo xtask interop`:

    peer.py call ADDRESS create|lookup|list MESSAGES STREAMS fast|slow SEED
    peer.py serve USERS
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

# How long all streams of a run may take, in seconds.
LIMIT = 300
SERVICE = "/user.v1.UserService/"


def varint(value):
    """Seven bits a byte, the lowest first."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value % 128 + 128)
        value //= 128
    encoded.append(value)
    return bytes(encoded)


def field(number, value):
    """A number in a message."""
    return varint(number * 8) + varint(value)


def nested(number, message):
    """A message, or a text, in a message."""
    return varint(number * 8 + 2) + varint(len(message)) + message


def row(email):
    """A user to create."""
    return nested(1, b"A") + nested(2, email.encode())


def user(number):
    """The user with this id."""
    email = f"a{number}@x.io".encode()
    return field(1, number) + nested(2, b"A") + nested(3, email) + field(5, 1_700_000_000)


def first(message):
    """The number with which a message begins; 0 if there is none."""
    if len(message) < 2 or message[0] & 7:
        return 0
    value, shift = 0, 0
    for byte in message[1:]:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value


def received(answers, method, slow):
    """Reads all answers; returns how many there were."""
    count = 0
    for answer in answers:
        count += 1
        if method == "lookup" and first(answer) != count:
            raise AssertionError(f"answer {count} is about user {first(answer)}")
        if slow and count == 1:
            time.sleep(1)
        elif slow and count % 1000 == 0:
            time.sleep(0.02)
    return count


def stream(channel, method, messages, slow, prefix):
    if method == "create":
        rows = (row(f"{prefix}.{index}@x.io") for index in range(1, messages + 1))
        count = first(channel.stream_unary(SERVICE + "CreateUsers")(rows, timeout=LIMIT))
    elif method == "lookup":
        ids = (field(1, index) for index in range(1, messages + 1))
        count = received(channel.stream_stream(SERVICE + "GetUsers")(ids, timeout=LIMIT), method, slow)
    else:
        request = field(2, messages)
        count = received(channel.unary_stream(SERVICE + "ListUsers")(request, timeout=LIMIT), method, slow)
    if count != messages:
        raise AssertionError(f"{count} of {messages} answers")


def call(address, method, messages, streams, pace, seed):
    options = [("grpc.max_receive_message_length", 64 << 20)]
    with grpc.insecure_channel(address, options) as channel, ThreadPoolExecutor(int(streams)) as pool:
        started = [
            pool.submit(stream, channel, method, int(messages), pace == "slow", f"{seed}.{number}")
            for number in range(int(streams))
        ]
        for ended in started:
            try:
                ended.result()
            except grpc.RpcError as error:
                sys.exit(f"{error.code()}: {error.details()}")


class Users(grpc.GenericRpcHandler):
    """Serves users of these ids."""

    def __init__(self, users):
        self.methods = {
            SERVICE + "ListUsers": grpc.unary_stream_rpc_method_handler(self.list),
            SERVICE + "GetUsers": grpc.stream_stream_rpc_method_handler(self.lookup),
            SERVICE + "CreateUsers": grpc.stream_unary_rpc_method_handler(self.create),
        }
        self.users = users

    def service(self, details):
        return self.methods.get(details.method)

    def list(self, request, _):
        after = first(request) if request[:1] == b"\x08" else 0
        for number in range(after + 1, self.users + 1):
            yield nested(1, user(number))

    def lookup(self, requests, _):
        for request in requests:
            number = first(request)
            yield field(1, number) + nested(2, user(number))

    def create(self, requests, _):
        count = sum(1 for _ in requests)
        return field(1, count) + b"".join(field(2, number) for number in range(1, count + 1))


def serve(users):
    server = grpc.server(ThreadPoolExecutor(16), handlers=[Users(int(users))])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"http://127.0.0.1:{port}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    {"call": call, "serve": serve}[sys.argv[1]](*sys.argv[2:])
