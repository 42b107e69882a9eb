#!/bin/sh
# Doxygen makes the pages of common's headers without a warning. Exit code 77 where there is no Doxygen.
set -eu
command -v doxygen >/dev/null || {
  echo "SKIPPED: there is no doxygen, and the headers' pages were NOT made"
  exit 77
}
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{ cat docs/Doxyfile && echo "OUTPUT_DIRECTORY = $work"; } | doxygen -
test -s "$work/html/cm__server_8h.html"
