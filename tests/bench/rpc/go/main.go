// The echo service on grpc-go, with every default of NewServer: prints its port and serves until SIGTERM.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"

	"cityneg.example/rpcbench/pb"
)

type echo struct {
	pb.UnimplementedEchoServiceServer
}

func (echo) Say(_ context.Context, request *pb.EchoMessage) (*pb.EchoMessage, error) {
	return &pb.EchoMessage{Payload: request.Payload}, nil
}

func (echo) Talk(stream grpc.BidiStreamingServer[pb.EchoMessage, pb.EchoMessage]) error {
	for {
		message, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(message); err != nil {
			return err
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterEchoServiceServer(server, echo{})
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-ends
		server.Stop()
	}()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
