#!/usr/bin/env python3
"""dured as an operator meets it: what it refuses and how it says so, how it stops, what it does with rot."""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1])
DURED = os.path.join(BUILD, "dured")
DURE = os.path.join(BUILD, "dure")


def run(*arguments):
    """Runs dured to its end; its exit code and what it said."""
    done = subprocess.run([DURED, *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def make_chain(directory, clock="driven", parties=64, officers=2):
    start = ["--start", "2026-01-05"] if clock == "driven" else []
    subprocess.run([DURE, "init", directory, "--city", "41570", "--clock", clock, "--parties", str(parties),
                    "--officers", str(officers), *start], check=True,
                   capture_output=True, timeout=60)


class Node:
    """A running dured."""

    def __init__(self, directory, *options, parties=64):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([DURED, directory, "--parties", str(parties), *options], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        readable, _, _ = select.select([self.process.stdout], [], [], 60)
        self.ready = self.process.stdout.readline() if readable else ""

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        return code, said


def tick(directory, until):
    subprocess.run([DURE, "tick", until, "--dir", directory], check=True, capture_output=True, timeout=60)


def wrong_use_is_told(top):
    code, said = run()
    assert code == 1 and "usage:" in said, said
    code, said = run(top, "--threads", "many")
    assert code == 1 and "usage:" in said, said
    code, said = run("--help")
    assert code == 0 and "--accept-clock" in said, said


def without_a_chain_it_says_how_to_make_one(top):
    code, said = run(os.path.join(top, "nowhere"))
    assert code == 2 and "dure init" in said, said
    assert not os.path.exists(os.path.join(top, "nowhere"))
    os.mkdir(os.path.join(top, "empty"))
    code, said = run(os.path.join(top, "empty"))
    assert code == 2 and "dure init" in said, said


def a_wrong_configuration_is_told_by_line(top):
    city = os.path.join(top, "config")
    make_chain(city)
    with open(os.path.join(city, "node.conf"), "w", encoding="utf-8") as file:
        file.write("threads = 1\nthreats = 2\n")
    code, said = run(city)
    assert code == 1 and "node.conf line 2" in said, said


def it_stops_in_order_and_starts_from_its_checkpoint(top):
    city = os.path.join(top, "order")
    make_chain(city)
    for how in (signal.SIGTERM, signal.SIGINT):
        node = Node(city)
        assert node.ready.startswith("ready socket="), node.ready
        tick(city, "2026-01-06" if how == signal.SIGTERM else "2026-01-07")
        code, said = node.stop(how)
        assert code == 0 and "event=stopped" in said and "+09:00 event=" in said, said
        assert not os.path.exists(os.path.join(city, "node.socket"))
    node = Node(city)
    assert "height=2" in node.ready, node.ready
    code, said = node.stop()
    assert code == 0 and "clean=yes checkpoint=2" in said and "replayed_blocks=0" in said, said


def two_nodes_never_share_a_directory(top):
    city = os.path.join(top, "shared")
    make_chain(city)
    node = Node(city)
    code, said = run(city)
    assert code == 2 and "another node" in said, said
    assert node.stop()[0] == 0


def rot_in_the_log_stops_it_and_is_located(top):
    city = os.path.join(top, "rot")
    make_chain(city)
    node = Node(city)
    for day in range(10, 20):
        tick(city, f"2026-01-{day}")
    assert node.stop()[0] == 0
    forget(city)
    log = os.path.join(city, "log-00000001.dure")
    with open(log, "r+b") as file:
        file.seek(1024)
        byte = file.read(1)
        file.seek(1024)
        file.write(bytes([byte[0] ^ 1]))
    code, said = run(city, "--parties", "64")
    assert code == 3 and "log-00000001.dure" in said, said


def dure(directory, *words, code=0):
    """A command on the node; what it said."""
    done = subprocess.run([DURE, *words, "--dir", directory], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def verify(directory, *options, code=0):
    done = subprocess.run([DURE, "verify", directory, *options], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == code, f"verify {options}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def forget(directory):
    """Leaves the log alone to tell what was."""
    for name in os.listdir(directory):
        if name.startswith("checkpoint") or name.startswith("index"):
            os.remove(os.path.join(directory, name))


def fill(directory, count):
    """Registers until the limit, then once more, in vain."""
    for _ in range(count):
        dure(directory, "party", "register", "--kind", "citizen")
    before = sorted(os.listdir(os.path.join(directory, "keys")))
    for _ in range(2):
        said = dure(directory, "party", "register", "--kind", "citizen", code=1)
        assert "limit of this chain" in said, said
    assert sorted(os.listdir(os.path.join(directory, "keys"))) == before, "a key without a party stays behind"


def a_refusal_for_want_of_room_is_the_chains(top):
    city = os.path.join(top, "full")
    make_chain(city, parties=16, officers=1)
    node = Node(city, parties=8)
    fill(city, 11)
    assert node.stop()[0] == 0
    forget(city)
    node = Node(city, parties=5000)
    assert "height=13" in node.ready, node.ready
    dure(city, "party", "register", "--kind", "citizen", code=1)
    assert node.stop()[0] == 0
    verify(city)
    verify(city, "--parties", "7000")


def the_officers_raise_the_limit(top):
    city = os.path.join(top, "raised")
    make_chain(city, parties=16, officers=1)
    node = Node(city, parties=8)
    fill(city, 11)
    assert "table" not in dure(city, "city", "limit", "17")
    assert node.process.wait(60) == 2
    code, said = node.stop()
    assert code == 2 and "start with --parties 17" in said and "event=stopped" in said, said
    verify(city)
    for restart in range(3):
        if restart > 0:
            forget(city)
        node = Node(city, parties=[17, 8, 64][restart])
        assert node.ready.startswith("ready"), node.stop()
        dure(city, "party", "register", "--kind", "citizen", code=0 if restart == 0 else 1)
        assert node.stop()[0] == 0
    assert "give --parties 17" in verify(city, code=3)
    verify(city, "--parties", "17")
    node = Node(city)
    said = dure(city, "city", "limit", "17", code=1)
    assert "only be raised" in said, said
    dure(city, "city", "limit", "60")
    dure(city, "party", "register", "--kind", "citizen")
    assert node.stop()[0] == 0


TESTS = [wrong_use_is_told, without_a_chain_it_says_how_to_make_one, a_wrong_configuration_is_told_by_line,
         it_stops_in_order_and_starts_from_its_checkpoint, two_nodes_never_share_a_directory,
         rot_in_the_log_stops_it_and_is_located,
         a_refusal_for_want_of_room_is_the_chains, the_officers_raise_the_limit]


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        top = tempfile.mkdtemp(prefix="dured-")
        try:
            test(top)
            print(f"ok {number} - {test.__name__}", flush=True)
        except (AssertionError, OSError, subprocess.SubprocessError) as problem:
            failed += 1
            print(f"not ok {number} - {test.__name__}", flush=True)
            print("# " + str(problem).replace("\n", "\n# "))
        shutil.rmtree(top, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
