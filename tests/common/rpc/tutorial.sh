#!/bin/sh
# Does what docs/rpc.md says: installs the library, makes a project of the page's code blocks, builds and runs it.
#   tutorial.sh SOURCE BUILD
set -eu
source=$1 build=$2
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$work"' EXIT

cmake --install "$build" --component rpc --prefix "$work/installed" >/dev/null
awk -v dir="$work" '/^```[a-z]+ [a-zA-Z.-]+$/ { file = dir "/" $2; next } /^```/ { file = "" } file { print > file }' \
    "$source/docs/rpc.md"
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_C_FLAGS="$3" >"$work/log" 2>&1 &&
    cmake --build "$work/build" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

start() {
    mkfifo "$work/$1.out"
    "$work/build/$1" >"$work/$1.out" &
    server=$!
    read -r address <"$work/$1.out"
}

start echo-server
answer=$("$work/build/echo-client" "$address" "good morning")
test "$answer" = "you said: good morning" || { echo "the echo was: $answer"; exit 1; }
code=0
"$work/build/echo-client" "$address" "" 2>"$work/failure" || code=$?
test $code = 3 || { echo "an empty text ended with $code, not 3 (INVALID_ARGUMENT)"; exit 1; }
grep -q "text: is empty" "$work/failure"
kill "$server"
wait "$server" || { echo "the echo server ended with $?"; exit 1; }

start chat-server
test -n "$address"
kill "$server"
wait "$server" || true
server=

flags=$(PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name cityneg-rpc.pc)") pkg-config --define-prefix --cflags --libs cityneg-rpc)
cc -I"$work/build/demo-generated" $3 -o "$work/by-pkg-config" "$work/echo-client.c" "$work"/build/demo-generated/echo.*.c $flags
echo "the tutorial works"
