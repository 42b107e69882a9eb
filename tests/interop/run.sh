#!/bin/sh
# Runs all cases of our client against our server.
#   run.sh FOLDER-OF-PROGRAMS
set -eu
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$work"' EXIT
mkfifo "$work/out"
"$1/interop-server" --port 0 >"$work/out" &
server=$!
read -r _ _ address <"$work/out"
"$1/interop-client" --server "$address"
kill "$server"
wait "$server"
server=
