// Makes the calls of a scenario with grpc-go. See ../README.md.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type step struct {
	Name, At, Method, Message, Violation string
	Send                                 []json.RawMessage
	Receive                              map[string]any
	Messages                             int
	Seconds                              float64
	Code                                 int
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func descriptors() *protoregistry.Files {
	set := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(must(os.ReadFile(os.Getenv("DESCRIPTORS"))), set); err != nil {
		must(0, err)
	}
	return must(protodesc.NewFiles(set))
}

// Makes the call; answers what came before it ended, and how it ended.
func call(files *protoregistry.Files, s step) ([]map[string]any, error) {
	name := strings.ReplaceAll(s.Method, "/", ".")
	method := must(files.FindDescriptorByName(protoreflect.FullName(name))).(protoreflect.MethodDescriptor)
	connection := must(grpc.NewClient(os.Getenv(strings.ToUpper(s.At)), grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer connection.Close()
	if s.Seconds == 0 {
		s.Seconds = 30
	}
	within, cancel := context.WithTimeout(context.Background(), time.Duration(s.Seconds*float64(time.Second)))
	defer cancel()
	stream, err := connection.NewStream(within, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/"+s.Method)
	if err != nil {
		return nil, err
	}
	for _, one := range s.Send {
		message := dynamicpb.NewMessage(method.Input())
		if err := protojson.Unmarshal(one, message); err != nil {
			return nil, err
		}
		if err := stream.SendMsg(message); err != nil {
			break // RecvMsg says why
		}
	}
	stream.CloseSend()
	var answers []map[string]any
	for {
		message := dynamicpb.NewMessage(method.Output())
		if err := stream.RecvMsg(message); err == io.EOF {
			return answers, nil
		} else if err != nil {
			return answers, err
		}
		answer := map[string]any{}
		must(0, json.Unmarshal(must(protojson.Marshal(message)), &answer))
		answers = append(answers, answer)
	}
}

func names(failure *status.Status, field string) bool {
	for _, detail := range failure.Details() {
		if request, ok := detail.(*errdetails.BadRequest); ok {
			for _, violation := range request.FieldViolations {
				if violation.Field == field {
					return true
				}
			}
		}
	}
	return false
}

func wrong(s step, answers []map[string]any, err error) string {
	failure := status.Convert(err)
	least := s.Messages
	if s.Receive != nil && least == 0 {
		least = 1
	}
	switch {
	case int(failure.Code()) != s.Code:
		return fmt.Sprintf("code %d: %s", failure.Code(), failure.Message())
	case !strings.Contains(failure.Message(), s.Message):
		return "message: " + failure.Message()
	case s.Violation != "" && !names(failure, s.Violation):
		return "the field that is wrong is not named"
	case len(answers) < least:
		return fmt.Sprintf("%d messages", len(answers))
	}
	for field, value := range s.Receive {
		if answers[0][field] != value {
			return fmt.Sprintf("%s: %v", field, answers[0][field])
		}
	}
	return ""
}

func main() {
	var steps []step
	text := strings.NewReplacer("{client}", "go", "{code}", "go").Replace(string(must(os.ReadFile(os.Getenv("SCENARIO")))))
	must(0, json.Unmarshal([]byte(text), &steps))
	files, failed := descriptors(), len(steps) == 0
	for _, s := range steps {
		answers, err := call(files, s)
		if why := wrong(s, answers, err); why != "" {
			fmt.Printf("FAIL %s: %s\n", s.Name, why)
			failed = true
		} else {
			fmt.Printf("ok   %s\n", s.Name)
		}
	}
	if failed {
		os.Exit(1)
	}
}
