"""Makes the calls of a scenario with grpcio. See ../README.md."""
import json
import os
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def pool(path):
    """The messages of a FileDescriptorSet."""
    known = descriptor_pool.DescriptorPool()
    with open(path, "rb") as file:
        for one in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
            known.Add(one)
    return known


def violations(failure):
    status, found = rpc_status.from_call(failure), []
    for detail in status.details if status else []:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            found += [violation.field for violation in request.field_violations]
    return found


def make(channel, known, step):
    """(code, message, violations, answers as JSON)."""
    service, name = step["method"].split("/")
    method = known.FindServiceByName(service).methods_by_name[name]
    ask, answer = (message_factory.GetMessageClass(kind) for kind in (method.input_type, method.output_type))
    call = channel.stream_stream(f"/{step['method']}", request_serializer=ask.SerializeToString,
                                 response_deserializer=answer.FromString)
    answers = []
    try:
        for got in call((json_format.ParseDict(one, ask()) for one in step["send"]), timeout=step.get("seconds", 30)):
            answers.append(json_format.MessageToDict(got))
    except grpc.RpcError as failure:
        return failure.code().value[0], failure.details(), violations(failure), answers
    return 0, "", [], answers


def wrong(step, code, message, fields, answers):
    if code != step.get("code", 0):
        return f"code {code}: {message}"
    if step.get("message", "") not in message:
        return f"message: {message}"
    if "violation" in step and step["violation"] not in fields:
        return f"violations: {fields}"
    if len(answers) < step.get("messages", 1 if "receive" in step else 0):
        return f"{len(answers)} messages"
    for field, value in step.get("receive", {}).items():
        if answers[0].get(field) != value:
            return f"{field}: {answers[0].get(field)}"
    return None


def main():
    known, failed = pool(os.environ["DESCRIPTORS"]), 0
    with open(os.environ["SCENARIO"]) as file:
        steps = json.loads(file.read().replace("{client}", "python").replace("{code}", "py"))
    for step in steps:
        with grpc.insecure_channel(os.environ[step["at"].upper()]) as channel:
            why = wrong(step, *make(channel, known, step))
        print(f"FAIL {step['name']}: {why}" if why else f"ok   {step['name']}")
        failed += why is not None
    return 1 if failed or not steps else 0


sys.exit(main())
