#!/usr/bin/env python3
"""`dure chain`: a node's chain packed, unpacked elsewhere and gone on with, by the real programs; its file read by
the second reader.  Prints TAP; the argument is the build directory."""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from test_commands import DURE, DURED, City, Failed, equal
from test_export import HONG, act, found

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reader"))
import keys  # noqa: E402
import log  # noqa: E402
import pack  # noqa: E402

SEGMENT_SIZE = 8192


def path(city, *names):
    return pathlib.Path(city.folder, *names)


def head_of(city):
    """Where a running node stands."""
    status = city.json("show")
    equal([name for name in ("height", "app_hash") if name in status], ["height", "app_hash"], "what is shown")
    return {name: status[name] for name in ("height", "block_hash", "ledger_root", "app_hash") if name in status}


def another(city, name):
    """The same folder, the same keys, another directory."""
    other = City(city.folder)
    other.name = name
    other.env["DURE_DIR"] = name
    shutil.copytree(path(city, "city", "keys"), path(city, name, "keys"), dirs_exist_ok=True)

    def start():
        other.log = open(path(city, name + ".log"), "ab")
        other.node = subprocess.Popen([DURED, name], cwd=city.folder, stdout=subprocess.PIPE, stderr=other.log, text=True)
        line = other.node.stdout.readline()
        if not line.startswith("ready "):
            raise Failed(f"the node did not start: {line}{path(city, name + '.log').read_text()}")
    other.start = start
    return other


def in_small_segments(city):
    """The same log, as a node with small segments would have written it; the checkpoint goes, the index stays."""
    directory = path(city, "city")
    chain_id = pack.H(0x51, (directory / "genesis.dure").read_bytes())
    old = log.Log(directory, chain_id)
    batches, last = [], None
    for _, block, batch_hash in old.blocks:
        if batch_hash != last:
            batches.append([])
        batches[-1].append(block)
        last = batch_hash
    files, head = log.write_segments(chain_id, old.salt, batches, SEGMENT_SIZE)
    for name in directory.glob("checkpoint-*.dure"):
        name.unlink()
    for i, data in enumerate(files):
        (directory / old.name(i + 1)).write_bytes(data)
    (directory / "head.dure").write_bytes(head)
    return len(files)


def make(city):
    found(city)
    city.run("bank", "credit", city.json("buy", "1", "100,000", *HONG)["id"])
    city.early = city.json("pay", "3000001", "40,000", "--fund", "1", *HONG)["id"]
    for hour in range(40):
        city.run("tick", "+1h")
    equal(city.stop(), 0, "the node's end")
    if in_small_segments(city) < 3:
        raise Failed("the log is too short for this test")
    city.start()
    equal(city.stop(), 0, "the node's end on small segments")
    city.run("key", "new", "operator.key")
    city.run("key", "new", "stranger.key")
    city.start()


def a_running_node_is_packed(city):
    told = city.json("chain", "pack", "city", "running.pack", "--key", "operator.key")
    read = pack.pack_read(path(city, "running.pack").read_bytes())
    equal((read["first"], read["height"], read["state_only"]), (1, told["height"], False), "what the manifest says")
    equal(read["chain_id"].hex(), told["chain_id"], "the chain")
    equal(keys.verify(bytes([read["scheme"]]) + read["signer"], read["message"], read["signature"]), "ok", "the signature")
    city.run("chain", "pack", "city", "running.pack", "--key", "operator.key", code=3, err=["is there already"])
    city.head = head_of(city)
    equal(city.stop(), 0, "the node's end")


def the_whole_chain_goes_on(city):
    city.run("chain", "pack", "city", "whole.pack", "--key", "operator.key", out=["the whole log", "checkpoint at block"])
    city.run("chain", "packed", "whole.pack", "--signer", "operator.key", out=["whole and signed"])
    city.run("chain", "unpack", "whole.pack", "moved", "--signer", "operator.key", out=["next: dured moved"])
    city.run("verify", "moved", out=["All holds."])
    moved = another(city, "moved")
    moved.start()
    equal(head_of(moved), city.head, "the state")
    moved.run("show", "tx", city.early)
    moved.run("refund", city.early, "1,000", "--key", "party-3000001")
    moved.run("pay", "3000001", "10,000", "--fund", "1", *HONG)
    moved.run("tick", "+1h")
    city.went_on = head_of(moved)
    equal(moved.stop(), 0, "its end")
    moved.run("verify", "moved", out=["All holds."])


def the_old_node_would_have_come_to_the_same(city):
    shutil.copytree(path(city, "city"), path(city, "stayed"))
    stayed = another(city, "stayed")
    stayed.start()
    stayed.run("refund", city.early, "1,000", "--key", "party-3000001")
    stayed.run("pay", "3000001", "10,000", "--fund", "1", *HONG)
    stayed.run("tick", "+1h")
    equal(head_of(stayed), city.went_on, "the roots after the same transactions")
    equal(stayed.stop(), 0, "its end")


def the_state_alone_goes_on(city):
    city.run("chain", "pack", "city", "state.pack", "--key", "operator.key", "--state-only",
             out=["the state, and not what was before"])
    read = pack.pack_read(path(city, "state.pack").read_bytes())
    if not read["state_only"] or read["first"] < 2 or "base.dure" not in read["files"]:
        raise Failed("it does not begin behind the first block")
    if path(city, "state.pack").stat().st_size >= path(city, "whole.pack").stat().st_size:
        raise Failed("it is not smaller")
    city.run("chain", "unpack", "state.pack", "state", "--signer", "operator.key")
    state = another(city, "state")
    state.start()
    equal(head_of(state), city.head, "the state")
    state.run("refund", city.early, "1,000", "--key", "party-3000001", code=1, err=["proves the payment"])
    paid = state.json("pay", "3000001", "10,000", "--fund", "1", *HONG)["id"]
    state.run("refund", paid, "1,000", "--key", "party-3000001")
    state.run("tick", "+1h")
    after = head_of(state)
    equal(state.stop(), 0, "its end")
    state.start()
    equal(head_of(state), after, "the state after a restart")
    state.run("show", "tx", paid)
    equal(state.stop(), 0, "its end")
    path(city, "state", "index.sqlite").unlink()
    state.start()
    equal(head_of(state), after, "the state without the index")
    equal(state.stop(), 0, "its end")
    state.run("verify", "state", out=["was taken over", "All that came after it holds."])


def what_is_wrong_is_refused(city):
    city.run("chain", "unpack", "whole.pack", "n1", "--signer", "stranger.key", code=1, err=["not the trusted signer"])
    city.run("chain", "unpack", "whole.pack", "city", "--signer", "operator.key", code=3, err=["not empty"])
    city.run("chain", "unpack", "whole.pack", "n1", code=2, err=["--signer"])
    city.run("chain", "pack", "city", "n.pack", code=2, err=["--key"])
    good = path(city, "whole.pack").read_bytes()
    draw = random.Random(7)
    wrong = path(city, "wrong.pack")
    for _ in range(60):
        at = draw.randrange(len(good))
        data = good[:at] + bytes([good[at] ^ (1 << draw.randrange(8))]) + good[at + 1:]
        if not pack.pack_refused(data) and at < len(good) - 64:
            raise Failed(f"the second reader takes a flipped bit at byte {at}")
        wrong.write_bytes(data)
        city.run("chain", "unpack", "wrong.pack", "n1", "--signer", "operator.key", code=1, err=["wrong.pack: "])
    for size in (0, 100, 511, 512, 513, len(good) // 2, len(good) - 512, len(good) - 1):
        wrong.write_bytes(good[:size])
        city.run("chain", "unpack", "wrong.pack", "n1", "--signer", "operator.key", code=1, err=["wrong.pack: "])
    wrong.write_bytes(good + b"\0")
    city.run("chain", "unpack", "wrong.pack", "n1", "--signer", "operator.key", code=1, err=["bytes instead of"])
    if path(city, "n1").exists():
        raise Failed("something was left behind")


def killed_while_it_unpacks(city):
    """At whatever moment: a directory that nothing starts from, or a whole one; and it can be repeated."""
    begun = 0
    for moment in range(1, 40, 2):
        target = path(city, "killed")
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e",
                        f"inject=fdatasync,fsync:signal=SIGKILL:when={moment}", DURE, "chain", "unpack", "whole.pack",
                        "killed", "--signer", "operator.key"], cwd=city.folder, capture_output=True, check=False)
        if not target.exists() or not any(target.iterdir()):
            continue
        begun += 1
        done = subprocess.run([DURED, "killed"], cwd=city.folder, capture_output=True, text=True, timeout=20,
                              check=False) if not (target / "genesis.dure").exists() else None
        if done is not None:
            if done.returncode != 2 or "genesis" not in done.stderr:
                raise Failed(f"killed at sync {moment}, a node starts: {done.stderr}")
            for name in target.glob("index.sqlite*"):
                name.unlink()
            city.run("chain", "unpack", "whole.pack", "killed", "--signer", "operator.key")
        city.run("verify", "killed", out=["All holds."])
        if done is None:
            break
    if begun < 3:
        raise Failed(f"only {begun} interruptions met an unpacking")


def live_a_while(city):
    """Two starts with something decided in each, so that there are two checkpoints."""
    for _ in range(2):
        city.start()
        city.run("tick", "+1h")
        equal(city.stop(), 0, "the node's end")


def old_segments_are_archived(city):
    live_a_while(city)
    city.run("chain", "archive", "city", "--to", "archive", out=["; 0 removed", "begins with block 1"])
    told = city.json("chain", "archive", "city", "--to", "archive", "--remove")
    equal(told["removed"] != "0", True, "what is removed")
    if path(city, "city", "log-00000001.dure").exists() or not path(city, "archive", "log-00000001.dure").exists():
        raise Failed(f"the first segment is not where it should be: {told} {os.listdir(path(city, 'city'))} {os.listdir(path(city, 'archive'))}")
    city.run("verify", "city", code=3, err=["--archive"])
    city.run("verify", "city", "--archive", "archive", out=["All holds."])
    city.run("chain", "pack", "city", "n.pack", "--key", "operator.key", code=3, err=["--archive"])
    city.run("chain", "pack", "city", "n.pack", "--key", "operator.key", "--archive", "archive", out=["the whole log"])
    equal(pack.pack_read(path(city, "n.pack").read_bytes())["first"], 1, "its first block")
    city.start()
    city.run("show", "tx", city.early)
    city.run("refund", city.early, "100", "--key", "party-3000001")
    equal(city.stop(), 0, "the node's end")


def without_its_index_it_says_what_it_needs(city):
    path(city, "city", "index.sqlite").rename(path(city, "index.sqlite"))
    done = subprocess.run([DURED, "city"], cwd=city.folder, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode == 0 or "archive = DIRECTORY" not in done.stderr:
        raise Failed(f"it says: {done.stderr}")
    path(city, "city", "node.conf").write_text("archive = archive\nkeep_blocks = 1\nscrub_bytes = 1000000\n")
    city.start()
    city.run("show", "tx", city.early)
    city.run("refund", city.early, "100", "--key", "party-3000001")
    equal(city.stop(), 0, "the node's end")
    city.run("verify", "city", "--archive", "archive", out=["All holds."])


def a_running_node_archives_and_prunes(city):
    before = sorted(file.name for file in path(city, "city").glob("log-*"))
    size = path(city, "city", before[-1]).stat().st_size
    in_small = in_small_segments_again(city)
    city.start()
    for _ in range(3):
        city.run("tick", "+1h")
    equal(city.stop(), 0, "the node's end")
    city.start()
    deadline = time.time() + 20
    city.run("tick", "+1h")
    equal(city.stop(), 0, "the node's end")
    path(city, "city", "node.conf").write_text("archive = archive\nkeep_blocks = 1\ncheckpoint_blocks = 1\n")
    city.start()
    while path(city, "city", "log-00000001.dure").exists() and time.time() < deadline:
        city.run("tick", "+1h")
        time.sleep(0.2)
    city.run("show", "tx", city.early)
    equal(city.stop(), 0, "the node's end")
    if path(city, "city", "log-00000001.dure").exists():
        raise Failed(f"{in_small} segments and nothing was removed ({size}): {path(city, 'node.log').read_text()[-2000:]}")
    city.run("verify", "city", code=3, err=["--archive"])
    city.run("verify", "city", "--archive", "archive", out=["All holds."])


def in_small_segments_again(city):
    """The whole log back in the directory, nothing in the archive."""
    for file in path(city, "archive").glob("log-*"):
        target = path(city, "city", file.name)
        if not target.exists():
            shutil.copy(file, target)
    shutil.rmtree(path(city, "archive"))
    path(city, "city", "base.dure").unlink()
    return len(list(path(city, "city").glob("log-*")))


def rot_in_the_archive_is_found(city):
    file = path(city, "archive", "log-00000001.dure")
    data = bytearray(file.read_bytes())
    data[1500] ^= 1
    file.write_bytes(data)
    city.run("verify", "city", "--archive", "archive", code=1, err=["log-00000001.dure"])


STEPS = [make, a_running_node_is_packed, the_whole_chain_goes_on, the_old_node_would_have_come_to_the_same,
         the_state_alone_goes_on, what_is_wrong_is_refused, killed_while_it_unpacks,
         old_segments_are_archived, without_its_index_it_says_what_it_needs, a_running_node_archives_and_prunes,
         rot_in_the_archive_is_found]


def main():
    missing = [name for name in (DURE, DURED) if not os.path.exists(name)]
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    print(f"1..{len(STEPS)}", flush=True)
    city = City(tempfile.mkdtemp(prefix="dure-chain-"))
    failed = None
    try:
        for number, step in enumerate(STEPS, 1):
            try:
                if failed:
                    raise Failed(f"{failed} failed before")
                step(city)
                print(f"ok {number} - {step.__name__}", flush=True)
            except (Failed, KeyError, subprocess.TimeoutExpired, ValueError, OSError) as problem:
                failed = failed or step.__name__
                print(f"not ok {number} - {step.__name__}")
                print("\n".join("# " + line for line in str(problem).splitlines()), flush=True)
    finally:
        city.stop(signal.SIGKILL)
        shutil.rmtree(city.folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
