#!/usr/bin/env python3
"""Writes test/vectors/merkle.txt and the seeds of test/corpus/fuzz_proof.

A second implementation of docs/formats/proofs.md, with nothing but hashlib: straight recursion over
lists, no incremental tree.  Run from the top of the project; the output is the same each time.
"""

import hashlib
import os
import struct
import sys

OUT = "test/vectors/merkle.txt"
CORPUS = "test/corpus/fuzz_proof"
EMPTY = bytes(32)
TX_LEAF, TX_NODE, STATE_LEAF, STATE_NODE = 0x00, 0x01, 0x10, 0x11
RANGE_LEAF, RANGE_NODE, RANGE_BAG = 0x30, 0x31, 0x32
PRESENT, ABSENT_EMPTY, ABSENT_OTHER = 1, 2, 3


def h(tag, *parts):
    return hashlib.sha256(bytes([tag]) + b"".join(parts)).digest()


def bit(key, index):
    return key[index // 8] >> (7 - index % 8) & 1


# ---- the state tree --------------------------------------------------------------------------
def tree_root(entries, depth=0):
    """entries: {key: value}, all below one node at this depth."""
    if not entries:
        return EMPTY
    if len(entries) == 1:
        (key, value), = entries.items()
        return h(STATE_LEAF, key, value)
    sides = [{k: v for k, v in entries.items() if bit(k, depth) == side} for side in (0, 1)]
    return h(STATE_NODE, tree_root(sides[0], depth + 1), tree_root(sides[1], depth + 1))


def tree_proof(entries, key):
    siblings, depth = [], 0
    while len(entries) > 1:
        near = {k: v for k, v in entries.items() if bit(k, depth) == bit(key, depth)}
        far = {k: v for k, v in entries.items() if bit(k, depth) != bit(key, depth)}
        siblings.append(tree_root(far, depth + 1))
        entries, depth = near, depth + 1
    tail, end = b"", PRESENT
    if not entries:
        end = ABSENT_EMPTY
    elif key not in entries:
        end = ABSENT_OTHER
        (other, value), = entries.items()
        tail = other + value
    return struct.pack("<BBH", 1, end, depth) + b"".join(siblings) + tail


# ---- lists -----------------------------------------------------------------------------------
def split(count):
    """The largest power of two below the count."""
    return 1 << (count - 1).bit_length() - 1


def list_root(leaves, tag):
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return h(tag, list_root(leaves[:half], tag), list_root(leaves[half:], tag))


def list_path(leaves, index, tag):
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return list_path(leaves[:half], index, tag) + [list_root(leaves[half:], tag)]
    return list_path(leaves[half:], index - half, tag) + [list_root(leaves[:half], tag)]


def list_proof(leaves, index, tag):
    return struct.pack("<BII", 2, index, len(leaves)) + b"".join(list_path(leaves, index, tag))


# ---- the mountain range ----------------------------------------------------------------------
def mountains(leaves):
    """Cuts the leaves into runs whose sizes are the binary digits of their number."""
    runs, start = [], 0
    for height in reversed(range(64)):
        if len(leaves) >> height & 1:
            runs.append(leaves[start:start + (1 << height)])
            start += 1 << height
    return runs


def range_root(leaves):
    peaks = [list_root(run, RANGE_NODE) for run in mountains(leaves)]
    return h(RANGE_BAG, struct.pack("<Q", len(leaves)), *peaks)


def range_proof(leaves, index):
    runs, within = mountains(leaves), index
    for run in runs:
        if within < len(run):
            break
        within -= len(run)
    path = list_path(run, within, RANGE_NODE)
    peaks = [list_root(run, RANGE_NODE) for run in runs]
    return struct.pack("<BQQ", 3, index, len(leaves)) + b"".join(path + peaks)


# ---- the cases -------------------------------------------------------------------------------
LINES, SEEDS = [], {}


def tree_case(name, entries, asked):
    root = tree_root(entries)
    LINES.append(f"tree {name} {len(entries)} {root.hex()}")
    for key, value in entries.items():
        LINES.append(f"set {key.hex()} {value.hex()}")
    for i, key in enumerate(asked):
        proof = tree_proof(entries, key)
        value = entries[key].hex() if key in entries else "-"
        LINES.append(f"prove {key.hex()} {value} {proof.hex()}")
        if len(entries) < 20 and i < 4:
            SEEDS[f"tree-{name}-{i}"] = proof


def tree_cases():
    keys = [h(0x12, struct.pack("<I", i)) for i in range(320)]
    values = [h(0x13, struct.pack("<I", i)) for i in range(320)]
    for count in (0, 1, 2, 3, 5, 8, 17, 100, 300):
        entries = dict(zip(keys[:count], values))
        asked = keys[:count][:10] + keys[count:count + 10]
        tree_case(f"random{count}", entries, asked)
    base = bytes(32)
    last = bytes(31) + b"\x01"
    first = b"\x80" + bytes(31)
    middle = bytes(15) + b"\x10" + bytes(16)
    ones = b"\xff" * 32
    near = [base, last, first, middle, ones, bytes(15) + b"\x11" + bytes(16)]
    tree_case("deepest_pair", {base: values[0], last: values[1]}, near)
    tree_case("long_run", {base: values[0], middle: values[1]}, near)
    tree_case("runs", {k: v for k, v in zip(near[:5], values)}, near)


def leaf(i):
    return h(TX_LEAF, struct.pack("<I", i))


def list_cases():
    for count in list(range(0, 18)) + [31, 32, 33, 63, 64, 65, 100]:
        leaves = [leaf(i) for i in range(count)]
        LINES.append(f"list {count} {list_root(leaves, TX_NODE).hex()}")
        for index in sorted({0, 1, count // 2, count - 2, count - 1} & set(range(count))):
            proof = list_proof(leaves, index, TX_NODE)
            LINES.append(f"listproof {index} {proof.hex()}")
            if count in (1, 2, 7, 8, 33):
                SEEDS[f"list-{count}-{index}"] = proof


def range_cases():
    roots = [h(0x21, struct.pack("<Q", i)) for i in range(100)]
    leaves = [h(RANGE_LEAF, struct.pack("<Q", 3 * i + 1), roots[i]) for i in range(100)]
    for count in list(range(0, 18)) + [31, 32, 33, 63, 64, 65, 100]:
        LINES.append(f"range {count} {range_root(leaves[:count]).hex()}")
        for index in sorted({0, 1, count // 2, count - 2, count - 1} & set(range(count))):
            proof = range_proof(leaves[:count], index)
            LINES.append(f"rangeproof {index} {proof.hex()}")
            if count in (1, 2, 7, 8, 33):
                SEEDS[f"range-{count}-{index}"] = proof


HEAD = """\
# Roots and proofs of the three trees.  Made by tools/make_merkle_vectors.py.  Bytes in hex.
# tree NAME COUNT ROOT, then COUNT lines "set KEY VALUE", then "prove KEY VALUE PROOF" ("-": absent)
# list COUNT ROOT, leaf i = H(0x00, i as four little-endian bytes), nodes 0x01; then
#   "listproof INDEX PROOF"
# range COUNT ROOT, leaf i = H(0x30, height 3 i + 1 || H(0x21, i as eight little-endian bytes)); then
#   "rangeproof INDEX PROOF"
"""


def main():
    tree_cases()
    list_cases()
    range_cases()
    with open(OUT, "w", encoding="ascii") as file:
        file.write(HEAD + "\n".join(LINES) + "\n")
    os.makedirs(CORPUS, exist_ok=True)
    good = SEEDS["tree-random5-0"]
    SEEDS["bad-short"] = good[:-1]
    SEEDS["bad-long"] = good + b"\0"
    SEEDS["bad-end"] = good[:1] + b"\4" + good[2:]
    SEEDS["bad-depth"] = good[:2] + b"\1\1" + good[4:]
    SEEDS["bad-empty"] = b""
    for name, data in SEEDS.items():
        with open(f"{CORPUS}/{name}", "wb") as file:
            file.write(data)
    print(f"{OUT}: {len(LINES)} lines; {CORPUS}: {len(SEEDS)} files", file=sys.stderr)


if __name__ == "__main__":
    main()
