#!/usr/bin/env python3
"""A second reader of a node's directory, written from docs/formats alone, against what the node writes."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import log
import money
import trees
import vectors
import wire
from layouts import Refused
from read_node import Node
from state import (CHECKPOINT_NAMES, LAYOUTS, Chain, checkpoint_check, effect_leaf, effects_root, genesis_read,
                   receipt_check, refuses, used_numbers)
from trees import H, u64

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(sys.argv[1]).resolve()
SIGNATURES = 400
SEGMENT_SIZE = 16384

count = 0
failed = 0


def report(good, name, why=""):
    global count, failed
    count += 1
    failed += 0 if good else 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good and why:
        print("\n".join("# " + line for line in str(why).splitlines()[-12:]), flush=True)


def holds(name, action, *arguments):
    """Reports; gives what the action gives, None if it was refused."""
    try:
        value = action(*arguments)
    except Refused as problem:
        report(False, name, problem)
        return None
    report(True, name)
    return value


def run(*words, **more):
    return subprocess.run([str(w) for w in words], cwd=ROOT, capture_output=True, text=True, timeout=120, **more)


class Dured:
    """A running node; at the end of the block it gets the signal `end`: SIGTERM stops it in order."""

    def __init__(self, directory, *options, end=signal.SIGTERM):
        self.directory = directory
        self.end = end
        self.words = [str(BUILD / "dured"), str(directory), *options]

    def __enter__(self):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        if not self.process.stdout.readline().startswith("ready"):
            self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(self.errors.read())
        return self

    def __exit__(self, *_):
        self.process.send_signal(self.end)
        self.process.wait(30)
        self.process.stdout.close()
        self.errors.close()

    def client(self):
        return wire.Client(self.directory / "node.socket")


# ---- a directory at rest ----

def check_money(state, audit):
    for fund in state.table("record_fund"):
        sums = money.fund_sums(state, fund)
        wrong = {name: (value, fund[name]) for name, value in sums.items() if value != fund[name]}
        report(not wrong, f"fund {fund['fund']}: lots, balances, payouts and orders add up to its figures", wrong)
        wrong = [name for name, equation in money.FUND_EQUATIONS.items() if equation(fund) != fund[name]]
        report(not wrong, f"fund {fund['fund']}: supply and escrow equations hold", wrong)
    funds = state.table("record_fund")
    wrong = {name for name in funds[0] if name in audit and audit[name] != sum(fund[name] for fund in funds)}
    report(not wrong, f"the figures of {len(funds)} funds add up to those that the audit names", wrong)
    accounts = {account["name"]: account["reserved"] for account in state.table("record_account")}
    report(accounts == money.reserved(state), "what accounts have reserved is promised to open orders and batches", accounts)


def check_at_rest(directory, summary):
    node = holds("genesis, log, blocks and checkpoints of the directory are as the pages say", Node, directory)
    if node is None:
        return None
    chain, state = node.chain, node.newest()
    report(len(chain.headers) == summary["blocks"] and len(chain.txs) == summary["transactions"],
           f"{len(chain.headers)} blocks in {node.log.batches} batches, {len(chain.txs)} transactions")
    marker = node.log.marker
    report(marker["is_closed"] and marker["height"] == len(chain.headers), "the head marker closes it")
    report(state.height == len(chain.headers) and state.ledger_root.hex() == summary["state_root"],
           "the checkpoint's records lead to the ledger root that the node names")
    report(H(trees.APP, trees.state_root(state.entries), chain.range.root()) == chain.headers[-1]["app_hash"],
           "records and effects roots lead to the last header's app hash")
    good, tried = node.check_signatures(SIGNATURES)
    report(good == tried >= 200, f"{tried} signatures are right under the cofactored rule", f"{good} are right")
    programs = state.table("record_program")
    sources = {H(trees.YAK_SOURCE, tx.what["act"]["value"]["source"]) for _, _, tx in chain.txs
               if tx.kind == "propose" and tx.what["act"]["name"] == "fund"}
    report(programs and all(p["source"] in sources for p in programs), "programs are those of the proposals in the log")
    check_money(state, summary["audit"])
    return node


def rewritten(node, folder, blocks=None):
    """A directory with the same blocks in small segments."""
    batches, last = [], None
    for (_, block, batch_hash), other in zip(node.log.blocks, blocks or [b for _, b, _ in node.log.blocks]):
        if batch_hash != last:
            batches.append([])
        batches[-1].append(other)
        last = batch_hash
    files, head = log.write_segments(node.chain.id, node.log.salt, batches, SEGMENT_SIZE)
    folder.mkdir()
    for i, data in enumerate(files):
        (folder / node.log.name(i + 1)).write_bytes(data)
    (folder / "head.dure").write_bytes(head)
    return len(files)


def check_segments(node, directory, folder):
    segments = rewritten(node, folder)
    shutil.copy(directory / "genesis.dure", folder)
    other = holds(f"the log in {segments} segments reads the same", Node, folder)
    same = other is not None and other.chain.hash == node.chain.hash
    report(segments > 3 and same, "and leads to the same block hash")
    answer = run(BUILD / "dure", "verify", folder)
    report(answer.returncode == 0, "dure verify accepts segments that were written from the page", answer.stderr)
    with Dured(folder) as dured:
        client = dured.client()
        head = client.ask("head")
        client.close()
    report(head["block_hash"] == node.chain.hash, "dured starts on them, without a checkpoint")
    other = holds("and leaves a directory that reads the same", Node, folder)
    report(other is not None and other.chain.hash == node.chain.hash and other.log.segments == segments,
           "with the same blocks in the same segments")
    middle = folder / node.log.name(2)
    data = middle.read_bytes()
    middle.unlink()
    report(refuses(Node, folder), "a missing segment is noticed")
    middle.write_bytes((folder / node.log.name(3)).read_bytes())
    report(refuses(Node, folder), "a segment in the place of another is noticed")
    middle.write_bytes(data)


def flip(path, place, bit):
    with open(path, "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


def flipped(data, place, dice):
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1:]


def check_flips(node, directory, folder):
    """The reserved room is cut to some sectors: a segment's size says nothing."""
    dice = random.Random(11)
    shutil.copytree(directory, folder, ignore=shutil.ignore_patterns("*.socket", "index*"))
    path, end = folder / node.log.name(1), node.log.marker["end"]
    os.truncate(path, end + 4096)
    same = log.Log(folder, node.chain.id).blocks == node.log.blocks
    report(same, "a shorter reserved room changes nothing")
    places = [0, 8, 12, 20, 50, 75, 112, 144, 511, 512, 530, 584, 616, 647, end - 1, end, end + 4095]
    places += [dice.randrange(end) for _ in range(100)]
    missed = []
    for place in places:
        bit = dice.randrange(8)
        flip(path, place, bit)
        missed += [] if refuses(log.Log, folder, node.chain.id) else [place]
        flip(path, place, bit)
    report(not missed, f"{len(places)} flipped bits in the log are noticed", missed)

    head = (folder / "head.dure").read_bytes()
    used = [slot for slot in (0, 4096) if head[slot:slot + 8] == b"DURE-END"]
    for slot in used:
        flip(folder / "head.dure", slot + dice.randrange(176), 3)
    report(used and refuses(log.Log, folder, node.chain.id), "a log without a valid head marker is refused")
    (folder / "head.dure").write_bytes(head)

    name = next(name for name in CHECKPOINT_NAMES if name in node.states)
    data = (folder / name).read_bytes()
    places = [0, 8, 16, 100, 239, 240, 300, 511, 512, 520, 552, len(data) - 1]
    places += [dice.randrange(len(data)) for _ in range(100)]
    missed = [place for place in places
              if not refuses(checkpoint_check, flipped(data, place, dice), node.chain, node.log)]
    report(not missed, f"{len(places)} flipped bits in a checkpoint are noticed", missed)
    genesis = (folder / "genesis.dure").read_bytes()
    changed = [flipped(genesis, i, dice) for i in range(len(genesis))]
    same = [i for i, data in enumerate(changed)
            if not refuses(genesis_read, data) and genesis_read(data)[1] == node.chain.id]
    report(not same, "every flipped byte of the genesis is refused or another chain", same)


def check_forgery(node, directory, folder):
    """Who knows the salt can write a log around changed blocks: the chain itself must then not hold."""
    dice = random.Random(12)
    missed = []
    for i in range(60):
        height = dice.randrange(len(node.log.blocks))
        blocks = [block for _, block, _ in node.log.blocks]
        place = dice.randrange(len(blocks[height]))
        block = bytearray(blocks[height])
        block[place] ^= 1 << dice.randrange(8)
        blocks[height] = bytes(block)
        if i == 0:
            rewritten(node, folder, blocks)
            shutil.copy(directory / "genesis.dure", folder)
            report(not refuses(log.Log, folder, node.chain.id) and refuses(Node, folder),
                   "a changed block under right log hashes is refused by the chain")
        chain = Chain((directory / "genesis.dure").read_bytes())

        def append_all():
            for number, data in enumerate(blocks, 1):
                chain.append(data, number)
        if not refuses(append_all) and chain.hash == node.chain.hash:
            missed.append((height + 1, place))
    report(not missed, "60 flipped bits in blocks are refused or lead to another last hash", missed)


# ---- a running node ----

def check_effects(node, blocks):
    """The effects that the node tells, against the effects roots of the log; what follows once they are known."""
    chain = node.chain
    done = {(height, index) for height, answers in blocks.items() for index, answer in enumerate(answers)
            if answer["code"] == 0}
    leaves, effects = {}, []
    for (height, index, tx), (_, _, blind) in zip(chain.txs, chain.keys(done)):
        data = blocks[height][index]["effect"]
        leaves.setdefault(height, []).append(effect_leaf(blind, tx.hash, data))
        effects.append(LAYOUTS.decode("effect", data))
    wrong = [h["height"] for h in chain.headers if effects_root(leaves.get(h["height"], [])) != h["effects_root"]]
    report(not wrong, f"{len(effects)} effects lead to the effects roots of all {len(chain.headers)} blocks", wrong)
    wrong = [tx.id for (_, _, tx), effect in zip(chain.txs, effects)
             if (tuple(effect["id"].values()), effect["tx"], effect["kind"]) != (tx.id, tx.hash, tx.kind_number)]
    report(not wrong, "each effect names its transaction", wrong)
    wrong = [tx.id for (_, _, tx), effect in zip(chain.txs, effects)
             if tx.kind == "refund" and (effect["code"] == 0 or effect["code"] >= 200) and not tx.proven]
    report(not wrong, "each refund that was decided carries the proof of its payment", wrong)
    report({effect["code"] for effect in effects} <= set(LAYOUTS.results), "every code is in the table")
    holds("blocks have the time of the last tick done", chain.check_times, done)
    good, tried = node.check_signatures(100, done)
    report(good == tried, f"{tried} signatures are right under the one key of that moment", good)
    return effects


def check_effect_sums(node, effects):
    sums = money.add_up((tx, effect) for (_, _, tx), effect in zip(node.chain.txs, effects))
    report(sum(figures["issued"] for figures in sums.funds.values()) > 0, "money was issued")
    money.compare(report, node.newest(), sums)
    # The same of effects in which a won is another: each is found.
    found, tried = 0, 0
    for index in range(0, len(effects), max(1, len(effects) // 60)):
        if not effects[index]["moves"]:
            continue
        lies = []
        effects[index]["moves"][0]["amount"] += 1
        sums = money.add_up((tx, effect) for (_, _, tx), effect in zip(node.chain.txs, effects))
        money.compare(lambda good, *_: lies.append(good), node.newest(), sums)
        effects[index]["moves"][0]["amount"] -= 1
        tried += 1
        found += 0 if all(lies) else 1
    report(tried > 5 and found == tried, f"a won more in a move: all of {tried} are found", found)


def check_numbers(node, effects):
    """Which numbers are used, from the log, against the windows in the records."""
    used = {}
    for (_, _, tx), effect in zip(node.chain.txs, effects):
        if effect["code"] == 0 or effect["code"] >= 200:
            used.setdefault(tx.id[:2], set()).add(tx.id[2])
        if effect["code"] == 0 and tx.kind == "collection":
            used.setdefault((tx.what["mandate"]["payer"], 0), set()).add(tx.what["mandate"]["number"])
    state = node.newest()
    wrong = []
    windows = [((r["party"], r["lane"]), r, 4096) for r in state.table("record_lane")]
    windows += [((r["party"], 0), r, 64) for r in state.table("record_party") if r["kind"] != 3]
    for lane, record, size in windows:
        numbers = {n for n in used.get(lane, ()) if n > record["top"] - size}
        if numbers != used_numbers(record, size) or max(used.get(lane, [0])) != record["top"]:
            wrong.append(lane)
    report(not wrong and len(windows) > 5, f"{len(windows)} windows hold the numbers used in the log", wrong)


def check_receipts(node, directory, folder):
    dice = random.Random(13)
    txs = node.chain.txs
    for height, index, tx in (txs[0], txs[len(txs) // 2], txs[-1]):
        path = folder / "one.receipt"
        answer = run(BUILD / "dure", "receipt", ":".join(map(str, tx.id)), "-o", path, "--dir", directory)
        if answer.returncode != 0:
            report(False, "a receipt is written", answer.stderr)
            continue
        data = path.read_bytes()
        path.unlink()
        told = holds(f"the receipt of transaction {tx.id} holds", receipt_check, data)
        if told is None:
            continue
        same = told[0]["tx"] == tx.hash and told[1:3] == (height, index)
        same = same and told[4] == node.chain.hashes[told[3]["height"] - 1]
        report(same, "it is of this transaction, under a block of the log")
        missed = []
        for place in range(len(data)):
            changed = flipped(data, place, dice)
            if not refuses(receipt_check, changed) and receipt_check(changed)[4] == told[4]:
                missed.append(place)
        report(not missed, f"each of its {len(data)} bytes changed: refused, or under another block hash", missed)


def check_state_proofs(node, client):
    state = node.newest()
    wrong = []
    for (table, key), record in state.records.items():
        told = client.record(table, key)
        path = H(trees.STATE_KEY, bytes([table]), key)
        value = H(trees.STATE_VALUE, told["blind"], told["record"])
        good = told["found"] and LAYOUTS.decode(LAYOUTS.tables[table][0], told["record"]) == record
        if not good or refuses(trees.state_proof_check, told["proof"], state.ledger_root, path, value):
            wrong.append((table, key))
    report(not wrong, f"the proofs of all {len(state.records)} records lead to the ledger root", wrong)
    told = client.record(6, u64(987654321))
    path = H(trees.STATE_KEY, b"\6", u64(987654321))
    report(not told["found"], "a party that nobody registered is not found")
    holds("and its absence is proved", trees.state_proof_check, told["proof"], state.ledger_root, path, None)
    dice = random.Random(14)
    missed = [i for i in range(len(told["proof"])) if not refuses(
        trees.state_proof_check, flipped(told["proof"], i, dice), state.ledger_root, path, None)]
    report(not missed, "each byte of that proof changed is refused", missed)


def check_running(node, directory, folder):
    with Dured(directory) as dured:
        client = dured.client()
        head = client.ask("head")
        chain, told = node.chain, [head[name] for name in ("chain_id", "height", "block_hash", "app_hash")]
        report(told == [chain.id, len(chain.headers), chain.hash, chain.app_hash], "the node tells the same head")
        check_state_proofs(node, client)
        check_receipts(node, directory, folder)
        effects = check_effects(node, client.effects(len(node.chain.headers)))
        check_effect_sums(node, effects)
        check_numbers(node, effects)
        client.close()
    after = holds("stopped again, the directory reads the same", Node, directory)
    report(after is not None and after.chain.hash == node.chain.hash
           and after.log.marker["sequence"] > node.log.marker["sequence"], "under a newer head marker")


# ---- a second chain: P-256 keys, open proposals, both checkpoints ----

SMALL = (  # what is typed; key files are in {keys}; a * before what ends with 1: the ledger refuses it
    "tick +1d",
    "key new {keys}/phone.key --p256",
    "party register --kind citizen --number 77 --key {keys}/phone.key --residence 41570 --birth-year 1960",
    "party register --kind merchant --number 88 --region 41570 --category bakery --annual-sales 300,000원 --owner 7",
    "city account budget",
    "city approve 11:0:1",
    "deposit budget 5,000,000원",
    "city account other",
    "city threshold 1",
    "city fund examples/gimpo/general.yak --number 1 --ceiling 100,000,000원",
    "city approve 11:0:4",
    "buy 1 20,000원 --key {keys}/phone.key",
    "bank credit 77:0:1",
    "buy 1 30,000원 --key {keys}/phone.key",
    "bank credit 77:0:2",
    "pay 88 5,000원 --key {keys}/phone.key",
    "*pay 88 5,000,000원 --key {keys}/phone.key",
    "redeem 1 2,000원 --key {keys}/party-88.key",
    "bank reject 88:0:1",
    "redeem 1 3,000원 --key {keys}/party-88.key",
    "bank settle 88:0:2",
    "refund 77:0:3 1,000원 --key {keys}/party-88.key",
    "*refund 77:0:3 4,001원 --key {keys}/party-88.key",
    "*refund 77:0:9 1,000원 --key {keys}/party-88.key",
    "cancel 1 2 --key {keys}/phone.key",
    "bank reject 77:0:5",
    "buy 1 10,000원 --key {keys}/phone.key",
    "city account small",
    "city approve 11:0:5",
    "deposit small 1,000,000원",
    "city fund test/scenario/market.yak --number 2 --ceiling 100,000,000원",
    "city approve 11:0:6",
    "buy 2 10,000원 --key {keys}/phone.key",
    "bank credit 77:0:7",
    "pay 88 5,000원 --fund 2 --key {keys}/phone.key",
    "redeem 2 1,000원 --key {keys}/party-88.key",
    "bank reject 88:0:5",
    "redeem 2 1,500원 --key {keys}/party-88.key",
    "bank settle 88:0:6",
    "redeem 2 500원 --key {keys}/party-88.key",
    "tick +1d",
)


def type_all(directory):
    env = dict(os.environ, DURE_DIR=str(directory))
    wrong = []
    for line in SMALL:
        words = [word.format(keys=directory / "keys") for word in line.lstrip("*").split()]
        answer = run(BUILD / "dure", *words, env=env)
        if answer.returncode != line.startswith("*"):
            wrong.append(f"{line}: {answer.stderr}")
    report(not wrong, f"{len(SMALL)} commands end as expected", "\n".join(wrong))


def check_small(directory):
    """A chain with what the replay does not have."""
    answer = run(BUILD / "dure", "init", directory, "--city", "41570", "--clock", "driven", "--start", "2019-03-01")
    report(answer.returncode == 0, "a chain of the test's own is made", answer.stderr)
    with Dured(directory, "--checkpoint-every", "1") as dured:
        type_all(directory)
        client = dured.client()
        blocks = client.effects(client.ask("head")["height"])
        client.close()
    node = holds("its directory is as the pages say", Node, directory)
    if node is None:
        return
    heights = sorted(state.height for state in node.states.values())
    report(len(heights) == 2 and heights[0] < heights[1], f"both checkpoints hold, at heights {heights}")
    state = node.newest()
    schemes = {entry["key"][0] for party in state.table("record_party") for entry in party["keys"]}
    report(schemes == {1, 2}, "there are keys of both schemes")
    proposals = state.table("record_proposal")
    report(len(proposals) == 2, "two proposals are open")
    holds("their acts decode", lambda: [LAYOUTS.decode("act", proposal["act"]) for proposal in proposals])
    check_money(state, {1: {"issued": 50000, "pending": 28200, "redeemed": 3000, "refunded": 1800, "ordered": 10000},
                        2: {"issued": 10000, "pending": 500, "redeemed": 1500, "refunded": 0, "ordered": 0}})
    shares = [payout["share"] for payout in state.table("record_payout") if payout["share"]]
    report(shares == [5], "of what is cashed out, the city's share waits for the bank", shares)
    effects = check_effects(node, blocks)
    check_effect_sums(node, effects)
    check_numbers(node, effects)
    check_killed(node, directory)


def check_killed(node, directory):
    with Dured(directory, end=signal.SIGKILL):
        answer = run(BUILD / "dure", "tick", "+1d", env=dict(os.environ, DURE_DIR=str(directory)))
    report(answer.returncode == 0, "a transaction is acknowledged, then the node is killed", answer.stderr)
    killed = holds("the directory of a killed node is as the pages say", Node, directory)
    if killed is None:
        return
    height = len(node.chain.headers)
    good = len(killed.chain.headers) == height + 1 and not killed.log.marker["is_closed"]
    report(good and killed.chain.hashes[height - 1] == node.chain.hash, "what was acknowledged is in its log")
    end = killed.log.batch_end
    flip(directory / killed.log.name(1), end - 1, 0)
    behind = killed.log.marker["end"] < end
    report(refuses(Node, directory) != behind, "its last batch torn: not read, or refused if the marker is behind it")


def main():
    vectors.check_all(report, ROOT / "test")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        played = run(BUILD / "dure-city", "replay", "--fraction", "0.002", "--months", "4", "--out", folder / "replay")
        report(played.returncode == 0, "four months are played", played.stdout + played.stderr)
        directory = folder / "replay/chain"
        node = check_at_rest(directory, json.loads((folder / "replay/summary.json").read_text()))
        if node is not None:
            check_segments(node, directory, folder / "segments")
            check_flips(node, directory, folder / "flips")
            check_forgery(node, directory, folder / "forged")
            check_running(node, directory, folder)
        check_small(folder / "small")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
