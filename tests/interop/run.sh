#!/bin/sh
# Runs all cases of our client against our server.
#   run.sh FOLDER-OF-PROGRAMS [CERTIFICATES.SH]     with the script that makes certificates: over TLS
set -eu
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$work"' EXIT
if [ $# -gt 1 ]; then
  "$2" "$work"
  serves="--tls-cert $work/server.pem --tls-key $work/server.key" calls="--tls-ca $work/ca.pem --tls-name foo.test.google.fr"
else
  serves= calls=
fi
mkfifo "$work/out"
"$1/interop-server" --port 0 $serves >"$work/out" &
server=$!
read -r _ _ address <"$work/out"
"$1/interop-client" --server "$address" $calls
kill "$server"
wait "$server"
server=
