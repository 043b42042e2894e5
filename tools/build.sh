#!/usr/bin/env bash
# tools/build.sh DIR CC OPT [meson option...]
# Sets up DIR when it is new or was set up otherwise, then builds all of it.  OPT: -O0 .. -O3, -Os or
# the bare digit.  Progress on stderr.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$1 cc=$2 opt=${3#-O}
shift 3
case "$opt" in
0 | 1 | 2 | 3 | s | g) ;;
*)
    echo "OPT must be one of -O0 -O1 -O2 -O3 -Os -Og" >&2
    exit 1
    ;;
esac

# The compiler's own version and the place are part of the set-up: after an upgrade or a move everything is
# built again.
wanted="$cc $($cc -dumpfullversion 2>/dev/null || $cc -dumpversion) -O$opt $* in $PWD"
if [ ! -f "$dir/build.ninja" ] || [ "$(cat "$dir/setup" 2>/dev/null)" != "$wanted" ]; then
    # Only Meson's own files go: results that stand in the directory (a replay, a demo) stay.
    rm -rf "$dir/meson-private" "$dir/meson-info" "$dir/build.ninja" "$dir/.ninja_log" "$dir/.ninja_deps"
    CC="$cc" meson setup "$dir" -Doptimization="$opt" "$@" >&2
    printf '%s\n' "$wanted" >"$dir/setup"
fi
exec ninja -C "$dir" ${JOBS:+-j "$JOBS"} >&2
