#!/usr/bin/env bash
# make province: whether a whole province fits one machine's memory, and how it starts again.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/require.sh
require_program dure-province
"$BUILD/dure-province" --parties "${PARTIES:-13000000}" --folder "$BUILD/province.work" --out "$BUILD/province.json"
