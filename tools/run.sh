#!/usr/bin/env bash
# make run: plays the demonstration city on a new node and leaves the node up.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/require.sh
require_program dure-city
exec "$BUILD/dure-city" play --demo --dir "$BUILD/demo"
