module cityneg.example/rpcbench

go 1.24.0

require (
	google.golang.org/grpc v1.81.1
	google.golang.org/protobuf v1.36.11
)
