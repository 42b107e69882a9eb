#!/bin/sh
# Does what docs/rpc.md says: installs the library, makes a project of the page's code blocks, builds and runs it.
#   tutorial.sh SOURCE BUILD GENERATOR COMPILER FLAGS
set -eu
source=$1 build=$2 generator=$3 compiler=$4 flags=$5
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$work"' EXIT

cmake --install "$build" --component rpc --prefix "$work/installed" >/dev/null
awk -v dir="$work" '/^```[a-z]+ [a-zA-Z.-]+$/ { file = dir "/" $2; next } /^```/ { file = "" } file { print > file }' \
    "$source/docs/rpc.md"
cmake -S "$work" -B "$work/build" -G "$generator" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" -DCMAKE_C_COMPILER_WORKS=1 \
    -DCMAKE_PREFIX_PATH="$work/installed" >"$work/log" 2>&1 &&
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

libraries=$(PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name cityneg-rpc.pc)") pkg-config --define-prefix --cflags --libs cityneg-rpc)
"$compiler" -I"$work/build/demo-generated" $flags -o "$work/by-pkg-config" "$work/echo-client.c" \
    "$work"/build/demo-generated/echo.*.c $libraries
echo "the tutorial works"
