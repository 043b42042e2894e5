# Sourced by the scripts behind make targets.
BUILD=${BUILD:-build}

# require_program NAME: ends with 1 when the build has no such program.
require_program() {
    if [ ! -x "$BUILD/$1" ]; then
        echo "$BUILD/$1 is not there: this source tree does not build a program named $1." >&2
        exit 1
    fi
}
