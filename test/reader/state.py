"""Genesis, blocks, transactions, effects, checkpoint and receipts: genesis.md, block.md, transactions.md,
checkpoint.md, receipt.md."""

import re

import keys
import trees
from layouts import Layouts, Reader, Refused, need
from log import is_zero, number
from trees import H, u32, u64

LAYOUTS = Layouts()
SEAL = 65
REFUND = 31  # of the vocabulary `kinds`
CHECKPOINT_NAMES = ("checkpoint-a.dure", "checkpoint-b.dure")


def ascending(values):
    return all(a < b for a, b in zip(values, values[1:]))


def genesis_read(data):
    genesis = LAYOUTS.decode("genesis", data)
    zones, cities, services = genesis["zones"], genesis["cities"], genesis["services"]
    need(zones and zones[0]["from"] == 0 and ascending([zone["from"] for zone in zones]), "zones")
    need(cities and ascending([city["city"] for city in cities]), "cities")
    need(ascending([service["party"] for service in services]), "services")
    need(len(services) <= genesis["parties_max"], "more services than parties")
    need(all(keys.check_key(service["key"]) == "ok" for service in services), "a service's key is refused")
    for city in cities:
        officers = [s for s in services if s["city"] == city["city"] and s["roles"] & OFFICER]
        need(len(officers) >= city["threshold"], "fewer officers than must approve")
    need({service["city"] for service in services} <= {city["city"] for city in cities}, "a service of no city")
    return genesis, H(trees.GENESIS, data)


class Transaction:
    def __init__(self, data, chain_id):
        need(SEAL < len(data) <= 65536, "the size of a transaction")
        reader = Reader(data)
        self.body = LAYOUTS.read(reader, "tx")
        body = data[:reader.at]
        self.seal = LAYOUTS.decode("seal", reader.take(SEAL))
        # Of a refund alone: the payment's effect, proved under the range as it stood before the block.
        self.witness = reader.take(reader.integer(4, 0, 16384)) if body[27] == REFUND else None
        reader.end()
        self.id = tuple(self.body["id"].values())
        self.kind, self.what = self.body["body"]["name"], self.body["body"]["value"]
        self.kind_number = self.body["body"]["kind"]
        self.hash = H(trees.TX_BODY, chain_id, body)
        self.message = bytes([trees.SIGN_TX]) + chain_id + body
        self.proven = False  # that what a refund names was decided, by its witness


def transaction_read(data, chain_id):
    """None: the bytes are no transaction.  A block may hold such; they do nothing."""
    try:
        return Transaction(data, chain_id)
    except Refused:
        return None


def block_read(data):
    """(header, transactions as bytes)"""
    need(149 <= len(data) <= 4194304, "the size of a block")
    header = LAYOUTS.decode("block_header", data[:149])
    reader, txs = Reader(data, 149), []
    for _ in range(header["tx_count"]):
        txs.append(reader.take(reader.integer(4)))
    reader.end()
    root = trees.list_root([H(trees.TX_LEAF, tx) for tx in txs], trees.TX_NODE)
    need(root == header["tx_root"], "the transaction root differs")
    need(txs or header["effects_root"] == trees.ZERO, "an empty block with effects")
    return header, txs


class Chain:
    """The blocks of a log in order, with what follows from headers alone."""

    def __init__(self, genesis_bytes):
        self.genesis, self.id = genesis_read(genesis_bytes)
        self.range = trees.Range()
        self.hash, self.time, self.app_hash = self.id, self.genesis["time"], None
        # txs: (height, index, Transaction, or None for bytes that are none)
        self.headers, self.hashes, self.txs = [], [], []

    def append(self, data, height):
        header, txs = block_read(data)
        need(header["height"] == height == len(self.headers) + 1, f"block {height}: its height")
        need(header["previous"] == self.hash, f"block {height}: it does not follow the block before")
        need(header["time"] >= self.time, f"block {height}: its time goes back")
        need(txs or self.app_hash in (None, header["app_hash"]), f"block {height} is empty and changes the state")
        txs = [transaction_read(tx, self.id) for tx in txs]
        for tx in txs:
            if tx and tx.witness is not None:
                tx.proven = witness_check(tx.witness, tx.what["payment"], self.range.root())
        ticks = {tx.what["time"] for tx in txs if tx and tx.kind == "tick"}
        need(self.genesis["clock"] == 1 or header["time"] in ticks | {self.time}, f"block {height}: a time of no tick")
        self.txs += [(height, index, tx) for index, tx in enumerate(txs)]
        if txs:
            self.range.append(H(trees.RANGE_LEAF, u64(height), header["effects_root"]))
        self.hash, self.time, self.app_hash = H(trees.BLOCK, data[:149]), header["time"], header["app_hash"]
        self.headers.append(header)
        self.hashes.append(self.hash)

    def check_times(self, done):
        """Under a driven clock: each block's time is that of the last tick done, at first the genesis time."""
        time = self.genesis["time"]
        ticks = [(height, tx.what["time"]) for height, index, tx in self.txs
                 if tx and tx.kind == "tick" and (height, index) in done]
        for header in self.headers:
            time = max([time] + [t for height, t in ticks if height == header["height"]])
            need(time == header["time"], f"block {header['height']}: its time is not the last tick's")

    def keys(self, done=None):
        """For each transaction in order: (transaction, keys that the slot has had, blind of the signer).

        `done`: the set of (height, index) that had code 0, where it is known; else every registration and rotation
        is taken as done, and a signature may fit any key that the slot has had."""
        keys = {(s["party"], 0): [s["key"]] for s in self.genesis["services"]}
        blinds = {s["party"]: s["blind"] for s in self.genesis["services"]}
        result = []
        for height, index, tx in self.txs:
            if tx is None:
                result.append((None, [], None))
                continue
            result.append((tx, list(keys.get((tx.id[0], tx.seal["slot"]), [])), blinds.get(tx.id[0])))
            if done is not None and (height, index) not in done:
                continue
            if tx.kind == "registration":
                blinds[tx.what["subject"]] = tx.what["blind"]
                for entry in tx.what["keys"]:
                    keys.setdefault((tx.what["subject"], entry["slot"]), []).append(entry["key"])
            if tx.kind == "rotate":
                entry = tx.what["entry"]
                keys.setdefault((tx.id[0], entry["slot"]), []).append(entry["key"])
        return result


# ---- effects ----

def effect_leaf(signer_blind, tx_hash, effect):
    """signer_blind: None if the signer is unknown."""
    if not effect:
        return H(trees.EFFECT_LEAF, bytes(16))
    blind = H(trees.EFFECT_BLIND, signer_blind, tx_hash)[:16] if signer_blind is not None else bytes(16)
    return H(trees.EFFECT_LEAF, blind, effect)


def effects_root(leaves):
    return H(trees.EFFECT_ROOT, u32(len(leaves)), trees.list_root(leaves, trees.EFFECT_NODE)) if leaves else trees.ZERO


# ---- the checkpoint: the container, then what it holds ----

def checkpoint_open(data, chain_id):
    """(head of the container, payload)"""
    need(len(data) >= 512 and data[:8] == b"DURE-CHK" and number(data, 8, 4) == 1, "no checkpoint of version 1")
    need(H(trees.CHECKPOINT, b"\0", data[:240]) == data[240:272], "the checkpoint's header hash differs")
    need(is_zero(data[12:16]) and is_zero(data[272:512]), "bytes of the checkpoint's header that must be zero")
    names = ("block_hash", "app_hash", "ledger_root", "log_hash", "payload_hash")
    head = {name: data[72 + 32 * i:104 + 32 * i] for i, name in enumerate(names)}
    head["height"] = number(data, 48, 8)
    need(data[16:48] == chain_id, "the checkpoint is of another chain")
    need(number(data, 232, 8) == len(data), "the checkpoint's file size")
    link = H(trees.CHECKPOINT, b"\1", chain_id, u64(head["height"]), head["block_hash"], head["log_hash"])
    at, parts = 512, []
    while at < len(data):
        size = number(data, at, 4)
        part = data[at + 40:at + 40 + size]
        need(1 <= size <= 1048576 and len(part) == size and is_zero(data[at + 4:at + 8]), f"the chunk at {at}")
        link = H(trees.CHECKPOINT, b"\2", link, u32(size), part)
        need(data[at + 8:at + 40] == link, f"the hash of the chunk at {at}")
        parts.append(part)
        at += 40 + size
    need(link == head["payload_hash"] and number(data, 64, 8) == len(parts), "the checkpoint's last chunk")
    need(number(data, 56, 8) == sum(map(len, parts)), "the checkpoint's payload size")
    return head, b"".join(parts)


def primary_key(table, record):
    """The bytes of layouts.md's `key: ...`, from the fields of that name."""
    key = b""
    identity = record.get("id", record)
    for name, size in re.findall(r"(\w+) \((\d+)[^)]*\)", LAYOUTS.tables[table][1]):
        value = identity[name]
        key += value.encode().ljust(int(size), b"\0") if name == "name" else value.to_bytes(int(size), "little")
    return key


class State:
    """Payload of a checkpoint: the head of the chain and all records."""

    def __init__(self, payload):
        reader = Reader(payload)
        need(reader.integer(1) == 1, "the payload's version")
        self.chain_id, self.height, self.time = reader.take(32), reader.integer(8), reader.integer(8)
        self.block_hash, self.ledger_root, self.app_hash = (reader.take(32) for _ in range(3))
        self.parties_max = reader.integer(4, 16, 20_000_000)
        self.range_count = reader.integer(8)
        self.peaks = [reader.take(32) for _ in range(bin(self.range_count).count("1"))]
        self.records, self.entries, self.blinds = {}, [], {}
        while True:
            table = reader.integer(1, 0, max(LAYOUTS.tables))
            if table == 0:
                break
            blind = reader.take(16)
            data = reader.take(reader.integer(4))
            name, _, whose = LAYOUTS.tables[table]
            record = LAYOUTS.decode(name, data)
            key = primary_key(table, record)
            need(whose or blind == bytes(16), f"a blind at a public {name}")
            need((table, key) not in self.records, f"{name} twice")
            self.records[table, key] = record
            self.blinds[table, key] = blind
            self.entries.append((H(trees.STATE_KEY, bytes([table]), key), H(trees.STATE_VALUE, blind, data)))
        reader.end()
        need([chain["parties_max"] for chain in self.table("record_chain")] == [self.parties_max], "the payload's parties_max")
        need(ascending([entry[0] for entry in self.entries]), "the records do not ascend by their keys in the tree")

    def table(self, name):
        wanted = next(t for t, (n, _, _) in LAYOUTS.tables.items() if n == name)
        return [record for (table, _), record in self.records.items() if table == wanted]

    def check_roots(self):
        need(trees.state_root(self.entries) == self.ledger_root, "the records lead to another ledger root")
        range_root = H(trees.RANGE_BAG, u64(self.range_count), *self.peaks)
        need(H(trees.APP, self.ledger_root, range_root) == self.app_hash, "the roots lead to another app hash")

    def check_blinds(self):
        """A record of a party's has the blind of the party's own record: `party`, `subject` or `payer` says whose."""
        for (table, key), record in self.records.items():
            whose = LAYOUTS.tables[table][2]
            if whose:
                party = record[whose] if whose in record else record["id"]["party"]
                need(self.blinds[table, key] == self.blinds[6, u64(party)], f"table {table}: a blind of party {party}")


OFFICER = 4  # of the vocabulary `roles`


def used_numbers(record, window):
    """The numbers that a window says are used: those at most `window` behind the top."""
    words = [record["window"]] if isinstance(record["window"], int) else [w["bits"] for w in record["window"]]
    need(len(words) * 64 == window, "the size of a window")
    bits = sum(word << 64 * i for i, word in enumerate(words))
    return {record["top"] - i for i in range(window) if bits >> i & 1 and record["top"] > i}


def checkpoint_check(data, chain, log):
    """The State of a checkpoint file, everything compared with the log."""
    head, payload = checkpoint_open(data, chain.id)
    state = State(payload)
    need(state.chain_id == chain.id and state.height == head["height"], "payload and header differ")
    for name in ("block_hash", "app_hash", "ledger_root"):
        need(getattr(state, name) == head[name], f"payload and header differ in {name}")
    need(state.height <= len(chain.headers), "the checkpoint is above the log")
    state.check_roots()
    state.check_blinds()
    if state.height > 0:
        height, _, log_hash = log.blocks[state.height - 1]
        need(height == state.height and head["log_hash"] == log_hash, "the checkpoint is of another log")
        need(chain.hashes[height - 1] == state.block_hash, "the checkpoint is of another block")
        need(chain.headers[height - 1]["app_hash"] == state.app_hash, "the header has another app hash")
    mountains = trees.Range()
    for header in chain.headers[:state.height]:
        if header["tx_count"]:
            mountains.append(H(trees.RANGE_LEAF, u64(header["height"]), header["effects_root"]))
    need((mountains.count(), mountains.peaks()) == (state.range_count, state.peaks), "the range differs")
    return state


# ---- receipts ----

def witness_read(reader):
    """(effect, height, index, root of the range) that a witness, or a receipt behind its version, leads to."""
    height = reader.integer(8, 1)
    blind = reader.take(16)
    effect = reader.take(reader.integer(4, 1, 11348))
    list_proof = reader.take(reader.integer(4))
    range_proof = reader.take(reader.integer(4))
    leaf = H(trees.EFFECT_LEAF, blind, effect)
    root, index, count = trees.list_proof_root(list_proof, leaf, trees.EFFECT_NODE, 16384)
    range_leaf = H(trees.RANGE_LEAF, u64(height), H(trees.EFFECT_ROOT, u32(count), root))
    range_root, _, _ = trees.range_proof_root(range_proof, range_leaf)
    return LAYOUTS.decode("effect", effect), height, index, range_root


def witness_check(data, payment, range_root):
    """True if it proves, under the range, that the transaction with that id was decided."""
    reader = Reader(data)
    try:
        effect, _, _, root = witness_read(reader)
        reader.end()
    except Refused:
        return False
    return root == range_root and effect["id"] == payment and (effect["code"] == 0 or effect["code"] >= 200)


def receipt_check(data):
    """(effect, height, index, header, block hash) of a receipt that holds."""
    reader = Reader(data)
    need(reader.integer(1) == 1, "no receipt of version 1")
    effect, height, index, range_root = witness_read(reader)
    ledger_root, header_bytes = reader.take(32), reader.take(149)
    reader.end()
    header = LAYOUTS.decode("block_header", header_bytes)
    need(header["height"] >= height, "the header is of an earlier block")
    need(header["app_hash"] == H(trees.APP, ledger_root, range_root), "the roots lead to another app hash")
    return effect, height, index, header, H(trees.BLOCK, header_bytes)


def refuses(action, *arguments):
    try:
        action(*arguments)
    except Refused:
        return True
    return False
