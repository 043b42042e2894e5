#!/usr/bin/env bash
# check_roots.sh BUILD_DIR...: root_trace of each build must print the same bytes, those of test/roots/expected.txt.
# `make test` does the same for its own three builds; this is for any others.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "usage: tools/check_roots.sh BUILD_DIR..." >&2; exit 2; }
status=0
for build in "$@"; do
    if printed=$("$build/root_trace") && [ "$printed" = "$(cat test/roots/expected.txt)" ]; then
        echo "same: $build"
    else
        echo "DIFFERENT: $build"
        status=1
    fi
done
exit $status
