#!/usr/bin/env bash
# make fuzz: every fuzzer with libFuzzer for SECONDS_EACH seconds, from its committed corpus.  New inputs
# stay under the build directory; a crashing input is kept there and named at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}-fuzz
tools/build.sh "$BUILD" clang -O1 -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false

status=0 count=0
for program in "$BUILD"/fuzz_*; do
    name=$(basename "$program")
    [ -f "$program" ] && [ -x "$program" ] || continue
    [ -z "${FUZZ:-}" ] || [ "$FUZZ" = "$name" ] || continue
    count=$((count + 1))
    mkdir -p "$BUILD/corpus/$name" "$BUILD/crashes/$name"
    echo "== $name, ${SECONDS_EACH:-60} s" >&2
    "$program" -max_total_time="${SECONDS_EACH:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$BUILD/crashes/$name/" "$BUILD/corpus/$name" "test/corpus/$name" >&2 || status=1
done
if [ "$count" -eq 0 ]; then
    echo "No fuzzer${FUZZ:+ named $FUZZ} in this source tree." >&2
    exit 1
fi
find "$BUILD/crashes" -type f -printf 'kept: %p\n'
echo "$count fuzzers, $([ $status -eq 0 ] && echo no || echo SOME) failures"
exit $status
