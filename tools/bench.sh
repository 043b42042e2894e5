#!/usr/bin/env bash
# make bench: measures this machine and this build; the ratios are what counts.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/require.sh
require_program dure-bench
exec "$BUILD/dure-bench" --out "$BUILD/bench.json"
