#!/usr/bin/env bash
# make bench: measures this machine and this build; the ratios are what counts.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/require.sh
require_program dure-bench
"$BUILD/dure-bench" --out "$BUILD/bench.json"
python3 bench/postgres.py "$BUILD/bench.json"
