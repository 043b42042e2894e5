"""docs/formats/pack.md: a packed chain.  The signature is checked by whoever has a library for it."""

from layouts import Refused, need
from log import is_zero, number
from trees import H

SECTOR = 512
PACK = 0x86
GENESIS, CHECKPOINT, BASE, SEGMENT, MARKER = 1, 2, 3, 4, 5
NAMES = {GENESIS: "genesis.dure", CHECKPOINT: "checkpoint-a.dure", BASE: "base.dure", MARKER: "head.dure"}


def name_of(kind, segment):
    return f"log-{segment:08}.dure" if kind == SEGMENT else NAMES[kind]


def padded(size):
    return (size + SECTOR - 1) // SECTOR * SECTOR


def parts_read(data, manifest, end):
    """[(name, bytes)], every hash checked."""
    parts, offset, kinds, last = [], SECTOR, [], 0
    for i in range(number(manifest, 180, 4)):
        part = manifest[184 + 64 * i:248 + 64 * i]
        kind, segment, at, size = part[0], number(part, 8, 8), number(part, 16, 8), number(part, 24, 8)
        need(kind in (GENESIS, CHECKPOINT, BASE, SEGMENT, MARKER) and is_zero(part[1:8]), "the kind of a part")
        need(at == offset and at + size <= end, "a part stands elsewhere")
        content = data[at:at + size]
        need(H(PACK, b"\1", content) == part[32:64], f"{name_of(kind, segment)}: the hash differs")
        need(is_zero(data[at + size:at + padded(size)]), "padding is not zero")
        if kind == SEGMENT:
            need(segment == (last + 1 if last else segment) and segment > 0, "the segments have a gap")
            last = segment
        parts.append((name_of(kind, segment), content))
        kinds.append(kind)
        offset = at + padded(size)
    need(offset == end and kinds == sorted(kinds), "the order of the parts")
    need(kinds.count(GENESIS) == 1 and kinds.count(MARKER) == 1, "genesis or head marker is missing")
    return parts


def pack_read(data):
    """What the manifest says, and the parts as files; Refused if a byte is not right."""
    head = data[:SECTOR]
    need(len(head) == SECTOR and head[:8] == b"DURE-PAK" and number(head, 8, 4) == 1, "no packed chain of version 1")
    need(H(PACK, b"\0", head[:64]) == head[64:96] and is_zero(head[96:]) and is_zero(head[12:16]), "the header")
    at, size = number(head, 48, 8), number(head, 56, 8)
    need(at + size == len(data) and at % SECTOR == 0, "the file's size")
    manifest = data[at:]
    need(manifest[:8] == b"DURE-MAN" and number(manifest, 8, 4) == 1, "no manifest of version 1")
    need(size == 184 + 64 * number(manifest, 180, 4) + 64, "the manifest's size")
    need(manifest[16:48] == head[16:48], "header and manifest are of two chains")
    parts = parts_read(data, manifest, at)
    need(H(0x51, parts[0][1]) == manifest[16:48], "the genesis is of another chain")
    return {"state_only": manifest[12] == 1, "chain_id": manifest[16:48], "first": number(manifest, 48, 8),
            "height": number(manifest, 56, 8), "checkpoint": number(manifest, 96, 8), "scheme": manifest[144],
            "signer": manifest[145:178], "message": b"\x63" + H(PACK, b"\2", manifest[:-64]),
            "signature": manifest[-64:], "files": dict(parts)}


def pack_refused(data):
    try:
        pack_read(data)
    except (Refused, IndexError, KeyError):
        return True
    return False
