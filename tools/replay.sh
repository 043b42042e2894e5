#!/usr/bin/env bash
# make replay: the real months of one city, at a fraction of their size, audited to the won.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/require.sh
require_program dure-city
mkdir -p "$OUT"
"$BUILD/dure-city" replay --city "$CITY" --fraction "$FRACTION" --seed "$SEED" --out "$OUT"
python3 tools/replay_report.py "$OUT"
