"""docs/formats/hashes.md and proofs.md: the tags, the three trees, and their proofs."""

import hashlib

from layouts import Reader, need

TX_LEAF, TX_NODE = 0x00, 0x01
STATE_LEAF, STATE_NODE, STATE_KEY, STATE_VALUE = 0x10, 0x11, 0x12, 0x13
EFFECT_LEAF, EFFECT_NODE, EFFECT_BLIND, EFFECT_ROOT = 0x20, 0x21, 0x22, 0x23
RANGE_LEAF, RANGE_NODE, RANGE_BAG = 0x30, 0x31, 0x32
APP, BLOCK, GENESIS, TX_BODY, SIGN_TX = 0x40, 0x50, 0x51, 0x60, 0x61
LOG_BATCH, LOG_MARKER, CHECKPOINT = 0x80, 0x81, 0x82
YAK_SOURCE = 0x70
ZERO = bytes(32)


def H(tag, *content):
    return hashlib.sha256(bytes([tag]) + b"".join(content)).digest()


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")


def bit(key, depth):
    return key[depth // 8] >> (7 - depth % 8) & 1


# ---- the state tree ----

def state_root(entries, depth=0):
    """entries: a list of (key, value)."""
    if not entries:
        return ZERO
    if len(entries) == 1:
        return H(STATE_LEAF, *entries[0])
    sides = [], []
    for entry in entries:
        sides[bit(entry[0], depth)].append(entry)
    return H(STATE_NODE, state_root(sides[0], depth + 1), state_root(sides[1], depth + 1))


def state_proof_check(proof, root, key, value):
    """value: None to prove that the key is absent.  Raises Refused."""
    reader = Reader(proof)
    need(reader.integer(1) == 1, "no state proof")
    end = reader.integer(1, 1, 3)
    depth = reader.integer(2, 0, 255 if end == 3 else 256)
    siblings = [reader.take(32) for _ in range(depth)]
    need(not siblings or siblings[-1] != ZERO, "the end would stand higher")
    need((end == 1) == (value is not None), "the proof is of the other kind")
    here = ZERO
    if end == 1:
        here = H(STATE_LEAF, key, value)
    if end == 3:
        other, other_value = reader.take(32), reader.take(32)
        need(other != key and all(bit(other, i) == bit(key, i) for i in range(depth)), "the other key is elsewhere")
        here = H(STATE_LEAF, other, other_value)
    reader.end()
    for i in range(depth - 1, -1, -1):
        here = H(STATE_NODE, siblings[i], here) if bit(key, i) else H(STATE_NODE, here, siblings[i])
    need(here == root, "the proof leads to another root")


# ---- the list tree ----

def list_root(leaves, node):
    if len(leaves) < 2:
        return leaves[0] if leaves else ZERO
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return H(node, list_root(leaves[:half], node), list_root(leaves[half:], node))


def list_proof_root(proof, leaf, node, most=2**32 - 1):
    """(root, index, count) that the proof leads to."""
    reader = Reader(proof)
    need(reader.integer(1) == 2, "no list proof")
    index, count = reader.integer(4), reader.integer(4, 1, most)
    need(index < count, "index not below count")
    here, i, last = leaf, index, count - 1
    while last > 0:
        if i & 1:
            here = H(node, reader.take(32), here)
        elif i < last:
            here = H(node, here, reader.take(32))
        i, last = i // 2, last // 2
    reader.end()
    return here, index, count


# ---- the mountain range ----

class Range:
    def __init__(self):
        self.mountains = []  # [size, peak], the largest first

    def append(self, leaf):
        self.mountains.append([1, leaf])
        while len(self.mountains) > 1 and self.mountains[-1][0] == self.mountains[-2][0]:
            size, right = self.mountains.pop()
            self.mountains[-1] = [2 * size, H(RANGE_NODE, self.mountains[-1][1], right)]

    def count(self):
        return sum(size for size, _ in self.mountains)

    def peaks(self):
        return [peak for _, peak in self.mountains]

    def root(self):
        return H(RANGE_BAG, u64(self.count()), *self.peaks())


def range_proof_root(proof, leaf):
    """(root, index, count) that the proof leads to."""
    reader = Reader(proof)
    need(reader.integer(1) == 3, "no range proof")
    index, count = reader.integer(8), reader.integer(8)
    need(index < count, "index not below count")
    heights = [h for h in range(63, -1, -1) if count >> h & 1]
    i, mountain = index, 0
    while i >= 1 << heights[mountain]:
        i -= 1 << heights[mountain]
        mountain += 1
    here = leaf
    for _ in range(heights[mountain]):
        other = reader.take(32)
        here = H(RANGE_NODE, other, here) if i & 1 else H(RANGE_NODE, here, other)
        i //= 2
    peaks = [reader.take(32) for _ in heights]
    reader.end()
    need(here == peaks[mountain], "the leaf leads to another peak")
    return H(RANGE_BAG, u64(count), *peaks), index, count
