"""gRPC's interoperability TestService as Python's grpcio serves it, for our client. Prints its address; ends with its standard
input.

    python_server.py FOLDER [CERTIFICATE KEY]     where protoc's Python code for proto/grpc/testing is; with the others: TLS
"""
import concurrent.futures
import sys
import time

import grpc

grpc.__path__.append(sys.argv[1] + "/grpc")  # beside grpcio's own
from grpc.testing import empty_pb2, messages_pb2, test_pb2, test_pb2_grpc  # noqa: E402

INITIAL, TRAILING = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def echo_metadata(context):
    given = dict(context.invocation_metadata())
    if INITIAL in given:
        context.send_initial_metadata(((INITIAL, given[INITIAL]),))
    if TRAILING in given:
        context.set_trailing_metadata(((TRAILING, given[TRAILING]),))


def end_as_asked(request, context):
    if request.response_status.code:
        context.abort(next(code for code in grpc.StatusCode if code.value[0] == request.response_status.code),
                      request.response_status.message)


def answers(request):
    for asked in request.response_parameters:
        time.sleep(asked.interval_us / 1e6)
        yield messages_pb2.StreamingOutputCallResponse(payload=messages_pb2.Payload(body=bytes(asked.size)))


class Service(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        echo_metadata(context)
        end_as_asked(request, context)
        return messages_pb2.SimpleResponse(payload=messages_pb2.Payload(body=bytes(request.response_size)))

    def StreamingOutputCall(self, request, context):
        end_as_asked(request, context)
        yield from answers(request)

    def StreamingInputCall(self, requests, context):
        return messages_pb2.StreamingInputCallResponse(aggregated_payload_size=sum(len(one.payload.body) for one in requests))

    def FullDuplexCall(self, requests, context):
        echo_metadata(context)
        for request in requests:
            end_as_asked(request, context)
            yield from answers(request)

    def HalfDuplexCall(self, requests, context):
        for request in list(requests):
            yield from answers(request)


class Unimplemented(test_pb2_grpc.UnimplementedServiceServicer):
    pass


def main():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
    test_pb2_grpc.add_TestServiceServicer_to_server(Service(), server)
    if len(sys.argv) > 2:
        certificate, key = (open(name, "rb").read() for name in sys.argv[2:4])
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)]))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    server.stop(None)


main()
