#!/bin/sh
# Makes the certificates that tests of TLS use: certificates.sh FOLDER
#   ca.pem                       an authority
#   server.{pem,key}             signed by it, for foo.test.google.fr, localhost and 127.0.0.1
#   client.{pem,key}             signed by it, for the URI spiffe://cityneg/tests
#   named.{pem,key}              signed by it, with the common name "importer" alone
#   other-ca.pem, other.{pem,key}  another authority, and what it signed for the server's names
set -eu
cd "$1"

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$1.key" \
    -out "$1.pem" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
}

# signed NAME AUTHORITY COMMON-NAME EXTENSION…
signed() {
  name=$1 by=$2 common=$3
  shift 3
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$common" -keyout "$name.key" \
    -out "$name.csr" 2>/dev/null
  { echo "basicConstraints = CA:FALSE"; for line in "$@"; do echo "$line"; done; } >"$name.ext"
  openssl x509 -req -days 2 -in "$name.csr" -CA "$by.pem" -CAkey "$by.key" -CAcreateserial -extfile "$name.ext" \
    -out "$name.pem" 2>/dev/null
  rm "$name.csr" "$name.ext"
}

names="subjectAltName = DNS:foo.test.google.fr, DNS:localhost, IP:127.0.0.1"
authority ca
authority other-ca
signed server ca server "$names"
signed client ca client "subjectAltName = URI:spiffe://cityneg/tests, DNS:tests.cityneg"
signed named ca importer
signed other other-ca other "$names"
