// The echo service on grpc++'s callback API, with every default of ServerBuilder: prints its port and serves until
// SIGTERM.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <iostream>
#include <thread>

#include "bench.grpc.pb.h"

using cityneg::bench::v1::EchoMessage;
using cityneg::bench::v1::EchoService;

namespace {

class Talk final : public grpc::ServerBidiReactor<EchoMessage, EchoMessage> {
 public:
  Talk() { StartRead(&message_); }
  void OnReadDone(bool ok) override {
    if (ok)
      StartWrite(&message_);
    else
      Finish(grpc::Status::OK);
  }
  void OnWriteDone(bool ok) override {
    if (ok)
      StartRead(&message_);
    else
      Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  EchoMessage message_;
};

class Echo final : public EchoService::CallbackService {
  grpc::ServerUnaryReactor* Say(grpc::CallbackServerContext* context, const EchoMessage* request,
                                EchoMessage* response) override {
    response->set_payload(request->payload());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerBidiReactor<EchoMessage, EchoMessage>* Talk(grpc::CallbackServerContext*) override {
    return new ::Talk();
  }
};

}  // namespace

int main() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  Echo echo;
  int port = 0, signal = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server) return 1;
  std::cout << port << std::endl;
  sigwait(&ends, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}
