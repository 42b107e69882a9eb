#!/bin/sh
# Runs all cases of our client against the server of Python's grpcio, which is fetched for it. Exit code 77 where it cannot be.
#   python.sh FOLDER-OF-PROGRAMS
set -eu
here=$(dirname "$0")
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q grpcio grpcio-tools || {
  echo "SKIPPED: grpcio cannot be fetched, and its server was NOT tried"
  exit 77
}
"$work/venv/bin/python" -m grpc_tools.protoc -I "$here/proto" --python_out="$work" --grpc_python_out="$work" \
  "$here/proto/grpc/testing/empty.proto" "$here/proto/grpc/testing/messages.proto" "$here/proto/grpc/testing/test.proto"
mkfifo "$work/out" "$work/in"
"$work/venv/bin/python" -B "$here/python_server.py" "$work" <"$work/in" >"$work/out" &
server=$!
exec 3>"$work/in"
read -r _ _ address <"$work/out"
"$1/interop-client" --server "$address"
