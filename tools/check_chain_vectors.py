#!/usr/bin/env python3
"""Reads test/vectors/chain.txt as docs/formats says, with nothing of the C code: a second reader of a chain.
Prints TAP.  Every hash, link, root, receipt and Ed25519 signature is computed again from the bytes."""

import hashlib
import json
import pathlib
import sys

import gen_format_vectors as ed

ROOT = pathlib.Path(__file__).resolve().parent.parent
formats = json.loads((ROOT / "schema/formats.json").read_text())
structs = {s["name"]: s["fields"] for s in formats["structs"]}
unions = {u["name"]: {number: struct for number, _, struct in u["cases"]} for u in formats["unions"]}
FIXED = {**ed.WIDTHS, **ed.RAW, "key": 34}


def h(tag, *parts):
    return hashlib.sha256(bytes([tag]) + b"".join(parts)).digest()


def u32(value):
    return value.to_bytes(4, "little")


def u64(value):
    return value.to_bytes(8, "little")


# ---- layouts ---------------------------------------------------------------------------------------
class Reader:
    """Values of the schema from bytes; numbers as int, everything else as bytes, structs as dict."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        assert self.at + size <= len(self.data), "cut off"
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "little")

    def field(self, spec):
        base, _, rest = spec.partition(":")
        if base in FIXED:
            return self.number(FIXED[base]) if base in ed.WIDTHS else self.take(FIXED[base])
        if base in ("name", "name?"):
            return self.take(self.number(1))
        if base == "bytes":
            return self.take(self.number(4))
        if base == "list":
            element = rest.split(":")[0]
            return [self.struct(element) for _ in range(self.number(2))]
        return self.union(rest) if base == "union" else self.struct(rest)

    def struct(self, name):
        return {field: self.field(spec) for field, spec, _ in structs[name]}

    def union(self, name):
        kind = self.number(1)
        struct = unions[name][kind]
        return {"kind": kind, "struct": struct, **self.struct(struct)}


def decode(name, data):
    reader = Reader(data)
    value = reader.struct(name)
    assert reader.at == len(data), "bytes left over"
    return value


# ---- trees -----------------------------------------------------------------------------------------
def list_root(leaves, tag):
    if len(leaves) <= 1:
        return leaves[0] if leaves else bytes(32)
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return h(tag, list_root(leaves[:half], tag), list_root(leaves[half:], tag))


def range_root(leaves):
    peaks, at = [], 0
    for bit in range(63, -1, -1):
        if len(leaves) >> bit & 1:
            peaks.append(list_root(leaves[at:at + 2**bit], 0x31))
            at += 2**bit
    return h(0x32, u64(len(leaves)), *peaks)


def bit_of(key, depth):
    return key[depth // 8] >> (7 - depth % 8) & 1


def tree_root(entries, depth=0):
    if not entries:
        return bytes(32)
    if len(entries) == 1:
        return h(0x10, *entries[0])
    sides = [[e for e in entries if bit_of(e[0], depth) == side] for side in (0, 1)]
    return h(0x11, tree_root(sides[0], depth + 1), tree_root(sides[1], depth + 1))


def primary_key(table, record):
    if table == 1:
        return b""
    if table == 3:
        return record[:4] + record[5:5 + record[4]].ljust(32, b"\0")
    return record[:{2: 4, 4: 8, 5: 9, 6: 8, 7: 10}.get(table, 18)]


# ---- what is checked -------------------------------------------------------------------------------
class Chain:
    """The lines of the vectors, read once."""

    def __init__(self, path):
        self.blocks, self.effects, self.receipts = [], {}, []
        for line in path.read_text().split("\n"):
            word, *rest = line.split() or ["#"]
            if word == "#":
                continue
            rest = [bytes.fromhex(x) if len(x) >= 32 else x for x in rest]
            if word == "genesis":
                self.genesis = rest[0]
            elif word == "block":
                self.blocks.append(rest[0])
            elif word == "effect":
                self.effects.setdefault(int(rest[0]), []).append((rest[2], b"" if rest[3] == "-" else rest[3]))
            elif word == "receipt":
                self.receipts.append(rest[2])
            elif word == "checkpoint":
                self.checkpoint = rest[0]
        self.id = h(0x51, self.genesis)

    def cut(self, block):
        """Header bytes and transactions."""
        reader, txs = Reader(block), []
        header = reader.take(149)
        while reader.at < len(block):
            txs.append(reader.take(reader.number(4)))
        return header, txs


def links_and_transaction_roots(chain):
    previous, height = chain.id, 0
    for block in chain.blocks:
        header_bytes, txs = chain.cut(block)
        header = decode("block_header", header_bytes)
        height += 1
        assert header["height"] == height and header["previous"] == previous
        assert header["tx_count"] == len(txs)
        assert header["tx_root"] == list_root([h(0x00, tx) for tx in txs], 0x01)
        previous = h(0x50, header_bytes)


def signed(tx):
    """Body and signature; behind them a refund alone has its witness: a size (4), and as many bytes."""
    reader = Reader(tx)
    reader.struct("tx")
    body = tx[:reader.at]
    reader.take(1)
    signature = reader.take(64)
    if body[27] == 31:
        reader.take(reader.number(4))
    assert reader.at == len(tx), "bytes left over"
    return body, signature


def effects_roots(chain):
    for block in chain.blocks:
        header_bytes, txs = chain.cut(block)
        header = decode("block_header", header_bytes)
        effects = chain.effects.get(header["height"], [])
        leaves = [h(0x20, blind, effect) for blind, effect in effects]
        assert len(leaves) == len(txs)
        root = h(0x23, u32(len(txs)), list_root(leaves, 0x21)) if txs else bytes(32)
        assert header["effects_root"] == root
        for tx, (_, effect) in zip(txs, effects):
            if effect:
                value = decode("effect", effect)
                body, _ = signed(tx)
                assert value["tx"] == h(0x60, chain.id, body)
                assert value["id"] == decode("tx", body)["id"]


def records_of(chain):
    reader = Reader(chain.checkpoint)
    assert reader.number(1) == 1
    head = [reader.take(size) for size in (32, 8, 8, 32, 32, 32)]
    parties_max = reader.number(4)
    count = reader.number(8)
    reader.take(32 * bin(count).count("1"))
    records = []
    while (table := reader.number(1)) != 0:
        blind = reader.take(16)
        records.append((table, blind, reader.take(reader.number(4))))
    assert reader.at == len(chain.checkpoint)
    assert parties_max == next(decode("record_chain", record)["parties_max"] for table, _, record in records if table == 1)
    return head, records


def ledger_root_and_app_hash(chain):
    head, records = records_of(chain)
    names = {1: "chain", 2: "city", 3: "account", 4: "fund", 5: "program", 6: "party", 7: "lane", 8: "order",
             9: "payout", 10: "proposal", 11: "batch", 12: "hold", 13: "refund"}
    for table, _, record in records:
        decode("record_" + names[table], record)
    entries = [(h(0x12, bytes([table]), primary_key(table, record)), h(0x13, blind, record))
               for table, blind, record in records]
    assert entries == sorted(entries), "the checkpoint is in ascending order of the keys"
    ledger_root = tree_root(entries)
    headers = [decode("block_header", chain.cut(block)[0]) for block in chain.blocks]
    leaves = [h(0x30, u64(x["height"]), x["effects_root"]) for x in headers if x["tx_count"]]
    app_hash = h(0x40, ledger_root, range_root(leaves))
    assert head[0] == chain.id and head[4] == ledger_root and head[5] == app_hash
    assert head[3] == h(0x50, chain.cut(chain.blocks[-1])[0])
    assert headers[-1]["app_hash"] == app_hash


def blinds_of_effects(chain):
    _, records = records_of(chain)
    blinds = {decode("record_party", record)["party"]: blind for table, blind, record in records if table == 6}
    for effects in chain.effects.values():
        for blind, effect in effects:
            if effect:
                value = decode("effect", effect)
                secret = blinds.get(value["id"]["party"])
                # A party registered later was unknown then.
                expected = {h(0x22, secret, value["tx"])[:16], bytes(16)} if secret else {bytes(16)}
                assert blind in expected


def verify(key, message, signature):
    """Ed25519 with the cofactored equation, for honest keys: 8 (s B - R - k A) = 0."""
    def point(data):
        y = int.from_bytes(data, "little") & 2**255 - 1
        x = ed.recover_x(y)
        return (x if x % 2 == data[31] >> 7 else ed.P - x, y)
    r, s = point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = ed.sha512_number(signature[:32], key, message) % ed.L
    return s < ed.L and ed.multiply(8 * s, ed.BASE) == ed.add(ed.multiply(8, r), ed.multiply(8 * k, point(key)))


def signatures_of_what_was_done(chain):
    """A dozen, since plain Python takes its time; with them one that is wrong, and what was turned away for it."""
    keys = {service["party"]: service["key"] for service in decode("genesis", chain.genesis)["services"]}
    checked = 0
    for block in chain.blocks:
        header_bytes, txs = chain.cut(block)
        height = decode("block_header", header_bytes)["height"]
        for tx, (_, effect) in zip(txs, chain.effects.get(height, [])):
            code = decode("effect", effect)["code"] if effect else None
            signed_bytes, signature = signed(tx) if effect else (b"", b"")
            body = decode("tx", signed_bytes) if effect else None
            if code == 0 and body["body"]["struct"] == "registration":
                keys[body["body"]["subject"]] = body["body"]["keys"][0]["key"]
            if code not in (0, 102) or keys[body["id"]["party"]][0] != 1 or (code == 0 and checked >= 12):
                continue
            key = keys[body["id"]["party"]][1:33]
            message = b"\x61" + chain.id + signed_bytes
            assert verify(key, message, signature) == (code == 0)
            assert not verify(key, b"\x61" + bytes(32) + signed_bytes, signature)
            checked += 1
    assert checked >= 12


def path_root(reader):
    """The root that a list proof leads to, as a function of the leaf; and its count."""
    assert reader.number(1) == 2
    index, count = reader.number(4), reader.number(4)

    def climb(leaf):
        value, i, last = leaf, index, count - 1
        while last:
            if i % 2:
                value = h(0x21, reader.take(32), value)
            elif i < last:
                value = h(0x21, value, reader.take(32))
            i, last = i // 2, last // 2
        return value
    return climb, count


def range_of(data, leaf):
    """The range root if the proof leads from the leaf to its peak."""
    reader = Reader(data)
    assert reader.number(1) == 3
    index, count = reader.number(8), reader.number(8)
    sizes = [2**bit for bit in range(63, -1, -1) if count >> bit & 1]
    peak = 0
    while index >= sizes[peak]:
        index -= sizes[peak]
        peak += 1
    for level in range(sizes[peak].bit_length() - 1):
        sibling = reader.take(32)
        leaf = h(0x31, sibling, leaf) if index >> level & 1 else h(0x31, leaf, sibling)
    peaks = [reader.take(32) for _ in sizes]
    assert reader.at == len(data) and peaks[peak] == leaf
    return h(0x32, u64(count), *peaks)


def witness_of(reader):
    """The effect, and the range root that it leads to."""
    height, blind = reader.number(8), reader.take(16)
    effect = reader.take(reader.number(4))
    path, range_path = Reader(reader.take(reader.number(4))), reader.take(reader.number(4))
    climb, count = path_root(path)
    root = h(0x23, u32(count), climb(h(0x20, blind, effect)))
    assert path.at == len(path.data)
    return effect, range_of(range_path, h(0x30, u64(height), root))


def witnesses_of_refunds(chain):
    """Under the range before their block; without one a refund is turned away."""
    leaves, done, turned_away = [], 0, 0
    for block in chain.blocks:
        header_bytes, txs = chain.cut(block)
        header = decode("block_header", header_bytes)
        for tx, (_, data) in zip(txs, chain.effects.get(header["height"], [])):
            if not data or decode("effect", data)["kind"] != 31:
                continue
            body, _ = signed(tx)
            reader = Reader(tx[len(body) + 65 + 4:])
            if decode("effect", data)["code"] == 109:
                assert not reader.data
                turned_away += 1
                continue
            effect, root = witness_of(reader)
            assert reader.at == len(reader.data) and root == range_root(leaves)
            assert decode("effect", effect)["id"] == decode("tx", body)["body"]["payment"]
            done += 1
        if header["tx_count"]:
            leaves.append(h(0x30, u64(header["height"]), header["effects_root"]))
    assert done and turned_away


def receipts_lead_to_the_last_block(chain):
    last = h(0x50, chain.cut(chain.blocks[-1])[0])
    for data in chain.receipts:
        reader = Reader(data)
        assert reader.number(1) == 1
        _, root = witness_of(reader)
        ledger_root, header = reader.take(32), reader.take(149)
        assert reader.at == len(data)
        app_hash = h(0x40, ledger_root, root)
        assert decode("block_header", header)["app_hash"] == app_hash and h(0x50, header) == last
    assert len(chain.receipts) >= 10


CHECKS = [links_and_transaction_roots, effects_roots, ledger_root_and_app_hash, blinds_of_effects,
          signatures_of_what_was_done, witnesses_of_refunds, receipts_lead_to_the_last_block]


def main():
    chain = Chain(ROOT / "test/vectors/chain.txt")
    print(f"1..{len(CHECKS)}")
    failed = 0
    for number, check in enumerate(CHECKS, 1):
        try:
            check(chain)
            print(f"ok {number} - {check.__name__}")
        except AssertionError as error:
            failed += 1
            print(f"not ok {number} - {check.__name__}\n# line {error.__traceback__.tb_next.tb_lineno}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
