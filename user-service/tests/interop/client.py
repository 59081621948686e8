"""gRPC's interoperability cases: client.py ADDRESS DESCRIPTORS.

Exits with the number of cases that failed. SOAK=N sets the size of the soaks.
"""

import os
import sys
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ADDRESS, DESCRIPTORS = sys.argv[1:]
SOAK = int(os.environ.get("SOAK", "1000"))
SERVICE = "/grpc.testing.TestService/"
LIMIT = 20


def load_messages():
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet()
    with open(DESCRIPTORS, "rb") as file:
        files.ParseFromString(file.read())
    for file in files.file:
        pool.Add(file)
    find = pool.FindMessageTypeByName
    return lambda name: message_factory.GetMessageClass(find("grpc.testing." + name))


message = load_messages()
Empty, Payload = message("Empty"), message("Payload")
SimpleRequest, SimpleResponse = message("SimpleRequest"), message("SimpleResponse")
InputRequest, InputResponse = (message("StreamingInputCall" + it) for it in ("Request", "Response"))
OutputRequest, OutputResponse = (message("StreamingOutputCall" + it) for it in ("Request", "Response"))


class Stub:
    """The calls of the service, on one channel."""

    def __init__(self, channel):
        def method(kind, name, request, response):
            return getattr(channel, kind)(
                name, request_serializer=request.SerializeToString, response_deserializer=response.FromString
            )

        self.empty = method("unary_unary", SERVICE + "EmptyCall", Empty, Empty)
        self.unary = method("unary_unary", SERVICE + "UnaryCall", SimpleRequest, SimpleResponse)
        self.output = method("unary_stream", SERVICE + "StreamingOutputCall", OutputRequest, OutputResponse)
        self.input = method("stream_unary", SERVICE + "StreamingInputCall", InputRequest, InputResponse)
        self.duplex = method("stream_stream", SERVICE + "FullDuplexCall", OutputRequest, OutputResponse)
        self.no_method = method("unary_unary", SERVICE + "UnimplementedCall", Empty, Empty)
        self.no_service = method("unary_unary", "/grpc.testing.UnimplementedService/UnimplementedCall", Empty, Empty)


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def fails(code, call):
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code(), code)
        return error
    raise AssertionError(f"succeeded, not {code}")


def large(**more):
    return SimpleRequest(response_size=314159, payload=Payload(body=bytes(271828)), **more)


def output(*sizes, **more):
    request = OutputRequest(**more)
    for size in sizes:
        request.response_parameters.add(size=size)
    return request


def sizes(responses):
    return [len(response.payload.body) for response in responses]


def empty_unary(stub):
    expect(stub.empty(Empty(), timeout=LIMIT), Empty())


def large_unary(stub):
    expect(len(stub.unary(large(), timeout=LIMIT).payload.body), 314159)


def client_compressed_unary(stub):
    request = large(expect_compressed={"value": True})
    fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: stub.unary(request, timeout=LIMIT))
    response = stub.unary(request, timeout=LIMIT, compression=grpc.Compression.Gzip)
    expect(len(response.payload.body), 314159)
    request.expect_compressed.value = False
    expect(len(stub.unary(request, timeout=LIMIT).payload.body), 314159)


def server_compressed_unary(stub):
    for compressed in (True, False):
        request = large(response_compressed={"value": compressed})
        expect(len(stub.unary(request, timeout=LIMIT).payload.body), 314159)


def client_streaming(stub):
    requests = [InputRequest(payload=Payload(body=bytes(size))) for size in (27182, 8, 1828, 45904)]
    expect(stub.input(iter(requests), timeout=LIMIT).aggregated_payload_size, 74922)


def server_streaming(stub):
    expect(sizes(stub.output(output(31415, 9, 2653, 58979), timeout=LIMIT)), [31415, 9, 2653, 58979])


def server_compressed_streaming(stub):
    request = output(31415, 92653)
    for parameters, compressed in zip(request.response_parameters, (True, False)):
        parameters.compressed.value = compressed
    expect(sizes(stub.output(request, timeout=LIMIT)), [31415, 92653])


def ping_pong(stub):
    received = []
    plan = [(31415, 27182), (9, 8), (2653, 1828), (58979, 45904)]

    def requests():
        for number, (wanted, sent) in enumerate(plan):
            while len(received) < number:
                time.sleep(0.001)
            yield output(wanted, payload=Payload(body=bytes(sent)))

    for response in stub.duplex(requests(), timeout=LIMIT):
        received.append(len(response.payload.body))
    expect(received, [wanted for wanted, _ in plan])


def empty_stream(stub):
    expect(list(stub.duplex(iter(()), timeout=LIMIT)), [])


def custom_metadata(stub):
    metadata = (
        ("x-grpc-test-echo-initial", "test_initial_metadata_value"),
        ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"),
    )
    _, unary = stub.unary.with_call(large(), metadata=metadata, timeout=LIMIT)
    duplex = stub.duplex(iter([output(314159)]), metadata=metadata, timeout=LIMIT)
    expect(sizes(duplex), [314159])
    for call in (unary, duplex):
        expect(dict(call.initial_metadata()).get(metadata[0][0]), metadata[0][1])
        expect(dict(call.trailing_metadata()).get(metadata[1][0]), metadata[1][1])


def has_status(stub, text):
    status = {"code": 2, "message": text}
    unary = lambda: stub.unary(SimpleRequest(response_status=status), timeout=LIMIT)
    duplex = lambda: list(stub.duplex(iter([OutputRequest(response_status=status)]), timeout=LIMIT))
    for call in (unary, duplex):
        expect(fails(grpc.StatusCode.UNKNOWN, call).details(), text)


def status_code_and_message(stub):
    has_status(stub, "test status message")


def special_status_message(stub):
    has_status(stub, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n")


def unimplemented_method(stub):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.no_method(Empty(), timeout=LIMIT))


def unimplemented_service(stub):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: stub.no_service(Empty(), timeout=LIMIT))


def silence():
    time.sleep(LIMIT)
    yield from ()


def cancel_after_begin(stub):
    call = stub.input.future(silence(), timeout=LIMIT)
    call.cancel()
    expect((call.cancelled(), call.code()), (True, grpc.StatusCode.CANCELLED))


def one_then_silence():
    yield output(31415)
    yield from silence()


def cancel_after_first_response(stub):
    call = stub.duplex(one_then_silence(), timeout=LIMIT)
    expect(len(next(call).payload.body), 31415)
    call.cancel()
    fails(grpc.StatusCode.CANCELLED, lambda: next(call))


def timeout_on_sleeping_server(stub):
    call = stub.duplex(one_then_silence(), timeout=0.1)
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(call))


def rpc_soak(stub):
    for _ in range(SOAK):
        expect(len(stub.unary(large(), timeout=LIMIT).payload.body), 314159)


def channel_soak(_):
    for _ in range(SOAK // 10):
        # Own connections: channels with the same arguments share one otherwise.
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(ADDRESS, options) as channel:
            empty_unary(Stub(channel))


CASES = [
    empty_unary,
    large_unary,
    client_compressed_unary,
    server_compressed_unary,
    client_streaming,
    server_streaming,
    server_compressed_streaming,
    ping_pong,
    empty_stream,
    custom_metadata,
    status_code_and_message,
    special_status_message,
    unimplemented_method,
    unimplemented_service,
    cancel_after_begin,
    cancel_after_first_response,
    timeout_on_sleeping_server,
]


def main():
    failed = 0
    with grpc.insecure_channel(ADDRESS) as channel:
        stub = Stub(channel)
        for case in CASES + [rpc_soak, channel_soak]:
            started = time.monotonic()
            try:
                case(stub)
                outcome = "ok"
            except Exception as error:  # whatever it is, the others are to run
                failed += 1
                outcome = f"FAILED: {error}"
            print(f"{case.__name__:32} {time.monotonic() - started:6.2f} s  {outcome}", flush=True)
    print(f"{len(CASES)} cases and 2 soaks of {SOAK} and {SOAK // 10}, {failed} failed")
    # The threads that still sleep in a request are of no interest.
    os._exit(min(failed, 100))


if __name__ == "__main__":
    main()
