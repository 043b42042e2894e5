#!/usr/bin/env bash
# Installs the Debian 12 packages that the build and its tests need and that are not there yet.
# As root, or by `sudo -n`; otherwise it prints the line to run and ends with 1.
# `tools/install.sh bench` also installs what only `make bench` needs.
set -euo pipefail

packages=(
    gcc                # the compiler of the default and the sanitizer build
    libc6-dev          # its headers
    binutils           # nm, for the purity checks of the core
    make               # the front door
    meson              # the build
    ninja-build        # what Meson drives
    pkg-config         # finds the libraries
    clang              # the second compiler; fuzzing
    libclang-rt-14-dev # its sanitizers and libFuzzer
    clang-format       # the formatting check
    libsodium-dev      # Ed25519
    libssl-dev         # P-256, SHA-256
    libjansson-dev     # JSON of the commands
    libsqlite3-dev     # the index
    libcmocka-dev      # unit tests
    hledger            # adds up the journals of dure export, in their test
    python3            # test runner, lint, generators
    git                # the file list of the lint
    strace             # makes syncs and writes fail in the tests of a running node
)
if [ "${1:-}" = bench ]; then
    packages+=(postgresql) # the same double entry beside the ledger
fi

if ! command -v dpkg-query >/dev/null; then
    missing_tools=()
    for tool in gcc nm make meson ninja pkg-config clang clang-format python3 git; do
        command -v "$tool" >/dev/null || missing_tools+=("$tool")
    done
    [ ${#missing_tools[@]} -eq 0 ] && exit 0
    echo "This is not a Debian system; install by hand: ${missing_tools[*]}" >&2
    echo "(the Debian 12 packages are: ${packages[*]})" >&2
    exit 1
fi

# dpkg-query ends with 1 when it does not know a package: that package is simply missing.
present=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
missing=()
for package in "${packages[@]}"; do
    grep -qx "$package installed" <<<"$present" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    {
        echo "These packages are missing and this user may not install them. Run:"
        echo
        echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
        echo
    } >&2
    exit 1
fi

echo "Installing: ${missing[*]}" >&2
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@" </dev/null >&2
}
# An update that fails (no network, but the packages are in the cache) need not stop the install.
apt update || echo "apt-get update failed; trying with the lists that are there" >&2
if ! apt install -y --no-install-recommends "${missing[@]}"; then
    echo "Could not install: ${missing[*]}" >&2
    exit 1
fi
