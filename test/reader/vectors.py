"""The committed examples in test/vectors and test/corpus, read by this reader."""

import pathlib
import tempfile

import keys
import trees
from layouts import Refused
from log import Log
from state import LAYOUTS, Chain, State, Transaction, effect_leaf, effects_root, receipt_check, refuses
from trees import H, u32, u64


def lines(path):
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def unhex(word):
    return b"" if word == "-" else bytes.fromhex(word)


def check_formats(report, path):
    shapes, taken, chain_id, public = 0, [], None, None
    for words in lines(path):
        if words[0] == "chain":
            chain_id = unhex(words[1])
        elif words[0] == "public":
            public = b"\1" + unhex(words[1]) + b"\0"
        elif words[0] == "shape":
            data = unhex(words[2]) if len(words) > 2 else b""
            value = LAYOUTS.decode(words[1], data)
            shapes += 1
            same = [i for i in range(len(data)) if one_encoding_twice(words[1], data, i, value)]
            short = not data or refuses(LAYOUTS.decode, words[1], data[:-1])
            if same or not short or not refuses(LAYOUTS.decode, words[1], data + b"\0"):
                taken.append(words[1])
        elif words[0] == "tx":
            witness = unhex(words[5]) if len(words) > 5 else None
            end = b"" if witness is None else u32(len(witness)) + witness
            tx = Transaction(unhex(words[2]) + b"\0" + unhex(words[4]) + end, chain_id)
            good = tx.kind == words[1] and tx.hash == unhex(words[3]) and tx.witness == witness
            good = good and keys.verify(public, tx.message, tx.seal["signature"]) == "ok"
            report(good, f"the example of {words[1]} decodes and is signed")
    names = set(LAYOUTS.structs) | set(LAYOUTS.unions)
    good = shapes == len(names) and not taken
    report(good, f"{shapes} layouts: one byte changed, missing or more is not the same", taken)


def one_encoding_twice(name, data, place, value):
    changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
    try:
        return LAYOUTS.decode(name, changed) == value
    except Refused:
        return False


def check_signatures(report, folder):
    wrong = 0
    for words in lines(folder / "crypto-signatures.txt"):
        key, message, signature = bytes([int(words[1])]) + unhex(words[2]), unhex(words[3]), unhex(words[4])
        verified = "-" if words[6] == "-" else keys.verify(key, message, signature)
        wrong += (keys.check_key(key), verified) != (words[5], words[6])
    report(wrong == 0, "keys and signatures, right and wrong in every known way")
    for words in lines(folder / "crypto-rfc.txt"):
        key = bytes([int(words[1])]) + unhex(words[3])
        wrong += keys.verify(key, unhex(words[4]), unhex(words[5])) != "ok"
    report(wrong == 0, "the RFCs' signatures")


def check_trees(report, path):
    wrong, entries, wanted, root, number = [], [], 0, b"", 0
    for words in lines(path):
        number += 1
        good = True
        if words[0] == "tree":
            entries, wanted, root = [], int(words[2]), unhex(words[3])
            good = wanted > 0 or root == trees.ZERO
        elif words[0] == "set":
            entries.append((unhex(words[1]), unhex(words[2])))
            good = len(entries) < wanted or trees.state_root(entries) == root
        elif words[0] == "prove":
            value = None if words[2] == "-" else unhex(words[2])
            good = not refuses(trees.state_proof_check, unhex(words[3]), root, unhex(words[1]), value)
        elif words[0] == "list":
            wanted, root = int(words[1]), unhex(words[2])
            good = trees.list_root([H(trees.TX_LEAF, u32(i)) for i in range(wanted)], trees.TX_NODE) == root
        elif words[0] == "listproof":
            index = int(words[1])
            leaf = H(trees.TX_LEAF, u32(index))
            good = trees.list_proof_root(unhex(words[2]), leaf, trees.TX_NODE) == (root, index, wanted)
        elif words[0] == "range":
            mountains, wanted, root = trees.Range(), int(words[1]), unhex(words[2])
            for i in range(wanted):
                mountains.append(range_leaf(i))
            good = mountains.root() == root
        elif words[0] == "rangeproof":
            index = int(words[1])
            good = trees.range_proof_root(unhex(words[2]), range_leaf(index)) == (root, index, wanted)
        wrong += [] if good else [number]
    report(number > 800 and not wrong, f"{number} lines of roots and proofs of the three trees", wrong)


def range_leaf(i):
    return H(trees.RANGE_LEAF, u64(3 * i + 1), H(trees.EFFECT_NODE, u64(i)))


def check_chain(report, path):
    chain, leaves, state, receipts = None, {}, None, []
    effects = []
    for words in lines(path):
        if words[0] == "genesis":
            chain = Chain(unhex(words[1]))
        elif words[0] == "block":
            chain.append(unhex(words[1]), len(chain.headers) + 1)
        elif words[0] == "effect":
            effects.append((int(words[1]), int(words[2]), unhex(words[3]), unhex(words[4]) if len(words) > 4 else b""))
        elif words[0] == "checkpoint":
            state = State(unhex(words[1]))
        elif words[0] == "receipt":
            receipts.append((int(words[1]), int(words[2]), receipt_check(unhex(words[3]))))
    done = {(height, index) for height, index, _, data in effects if data and LAYOUTS.decode("effect", data)["code"] == 0}
    for (height, index, tx), (_, _, blind), effect in zip(chain.txs, chain.keys(done), effects):
        leaves.setdefault(height, []).append(effect_leaf(blind, tx and tx.hash, effect[3]))
    wrong = [h["height"] for h in chain.headers if effects_root(leaves.get(h["height"], [])) != h["effects_root"]]
    report(len(effects) == len(chain.txs) and not wrong, f"the small chain: {len(effects)} effects and their roots", wrong)
    good = not refuses(state.check_roots) and not refuses(state.check_blinds)
    report(good, "its checkpoint's records lead to its roots")
    report((state.height, state.block_hash, state.app_hash, state.peaks) ==
           (len(chain.headers), chain.hash, chain.app_hash, chain.range.peaks()), "and it is of the last block")
    good = all(told[1:3] == (height, index) and told[4] in chain.hashes for height, index, told in receipts)
    report(len(receipts) > 10 and good, f"its {len(receipts)} receipts hold")


def check_logs(report, folder):
    """What log.md says of each example: blocks that are read, or refused."""
    results = {}
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            (directory / "head.dure").write_bytes(data[:8192])
            if len(data) > 8192:
                (directory / "log-00000001.dure").write_bytes(data[8192:])
            try:
                log = Log(directory, b"\1" * 32)
                results[path.name] = len(log.blocks), log.interrupted is not None
            except Refused as problem:
                results[path.name] = str(problem)
    good = (results["closed"][1] is False and results["closed"][0] > 0 and results["killed"][0] > 0
            and results["torn"][1] is True and isinstance(results["rot"], str))
    report(good, "example logs: closed, killed and torn are read, rot is refused", results)


def check_all(report, folder):
    check_formats(report, folder / "vectors/formats.txt")
    check_signatures(report, folder / "vectors")
    check_trees(report, folder / "vectors/merkle.txt")
    check_chain(report, folder / "vectors/chain.txt")
    check_logs(report, folder / "corpus/fuzz_store_segment")
