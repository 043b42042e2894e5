#!/usr/bin/env python3
"""dured when the system fails it: strace makes the n-th sync or write of a running node fail, or kills the node
there, for many n.  It must stop at once, say why and exit with 3; and a node started again without the fault must
give every answer that was given, word for word.  Prints TAP; the argument is the build directory."""

import concurrent.futures
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

# The leak check of a sanitizer build does not work in a traced process; its other checks do.
os.environ["ASAN_OPTIONS"] = "detect_leaks=0"

BUILD = os.path.abspath(sys.argv[1])
DURED = os.path.join(BUILD, "dured")
DURE = os.path.join(BUILD, "dure")
SUBMIT, BLOCK = 2, 5
BLOCKS = 24
BLOCK_HEADER_SIZE = 149
DONE = 0

# What fails, and at which of its calls.
FAULTS = [
    ("fdatasync", "error=EIO", range(1, 31)),
    ("fsync", "error=EIO", range(1, 4)),
    ("pwrite64", "error=ENOSPC", range(1, 31, 2)),
    ("pwrite64", "error=EIO", range(2, 31, 2)),
    ("fallocate", "error=ENOSPC", range(1, 5)),
    ("fdatasync", "signal=SIGKILL", range(1, 31, 2)),
    ("pwrite64", "signal=SIGKILL", range(2, 31, 2)),
]


class Client:
    def __init__(self, directory):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(os.path.join(directory, "node.socket"))

    def exactly(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def ask(self, kind, body):
        self.socket.sendall(struct.pack("<IQB", 9 + len(body), 1, kind) + body)
        data = self.exactly(struct.unpack("<I", self.exactly(4))[0])
        assert data[8] == kind, data
        return data[9:]

    def submit(self, wire):
        """(code, recorded, repeated, the rest: height, place and effect)"""
        body = self.ask(SUBMIT, struct.pack("<HI", 1, len(wire)) + wire)
        code, recorded, repeated = struct.unpack_from("<HBB", body, 2)
        return code, recorded, repeated, body[6:]


class Node:
    def __init__(self, directory, fault=None):
        call, what, when = fault or ("", "", 0)
        # -D: the node is our own child, and strace watches it from aside.
        tracer = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                  "-e", f"inject={call}:{what}:when={when}"] if fault else []
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([*tracer, DURED, directory, "--parties", "64", "--threads", "1",
                                         "--checkpoint-every", "6"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.is_ready = self.process.stdout.readline().startswith("ready ")

    def end(self, how=None):
        """Its exit code and what it said."""
        if how:
            self.process.send_signal(how)
        try:
            code = self.process.wait(30)
        finally:
            self.process.kill()
            self.process.stdout.close()
        self.log.seek(0)
        said = self.log.read()
        self.log.close()
        return code, said


def record(directory):
    """The transactions of a short life, out of its blocks: days of a chain with a driven clock."""
    wires = []
    node = Node(directory)
    for day in range(BLOCKS):
        subprocess.run([DURE, "tick", f"2026-02-{day + 1:02}", "--dir", directory], check=True, capture_output=True,
                       timeout=60)
    client = Client(directory)
    for height in range(1, BLOCKS + 1):
        body = client.ask(BLOCK, struct.pack("<Q", height))
        block = body[1 + 4:]
        size = struct.unpack_from("<I", block, BLOCK_HEADER_SIZE)[0]
        wires.append(block[BLOCK_HEADER_SIZE + 4:BLOCK_HEADER_SIZE + 4 + size])
    assert node.end(signal.SIGTERM)[0] == 0
    return wires


def submit_all(directory, wires):
    """The answers that came before the node ended."""
    answers = []
    try:
        client = Client(directory)
        for wire in wires:
            answers.append(client.submit(wire))
    except (EOFError, ConnectionError):
        pass
    return answers


def check_end(fault, is_ready, answers, code, said):
    """True if the fault struck."""
    what = fault[1]
    if what.startswith("signal"):
        assert code in (0, -signal.SIGKILL), f"exit {code}: {said}"
        return code != 0
    if code == 0:
        assert len(answers) == BLOCKS, said
        return False
    assert code == 3 or (code == 2 and not is_ready), f"exit {code}: {said}"
    assert "message=\"" in said and said.count("event=failed") + said.count("event=not_opened") <= 1, said
    return True


def strike(genesis, wires, fault):
    """True if the fault struck; raises if anything that was acknowledged is lost or another answer is given."""
    directory = tempfile.mkdtemp(prefix="dure-fault-")
    try:
        shutil.copy(genesis, directory)
        node = Node(directory, fault)
        answers = submit_all(directory, wires) if node.is_ready else []
        # Without a fault, or with one that costs only a checkpoint, it still runs.
        code, said = node.end(signal.SIGTERM if len(answers) == BLOCKS else None)
        struck = check_end(fault, node.is_ready, answers, code, said)
        for answer in answers:
            assert answer[:3] == (DONE, 1, 0), answer
        node = Node(directory)
        assert node.is_ready, node.end()
        again = submit_all(directory, wires)
        assert len(again) == BLOCKS
        for first, second in zip(answers, again):
            assert second[2] == 1 and second[3] == first[3], "the second answer is not the first"
        for answer in again[len(answers) + 1:]:
            assert answer[:3] == (DONE, 1, 0), "decided without having been asked"
        code, said = node.end(signal.SIGTERM)
        assert code == 0, said
        return struck
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def can_trace():
    try:
        return subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"], check=False,
                              capture_output=True, timeout=20).returncode == 0
    except OSError:
        return False


def main():
    if not can_trace():
        print("1..0 # SKIP strace is not here, or may not trace")
        return 0
    failed = 0
    top = tempfile.mkdtemp(prefix="dure-faults-")
    print(f"1..{len(FAULTS)}", flush=True)
    try:
        city = os.path.join(top, "city")
        subprocess.run([DURE, "init", city, "--city", "41570", "--clock", "driven", "--start", "2026-01-05"], check=True,
                       capture_output=True, timeout=60)
        wires = record(city)
        genesis = os.path.join(city, "genesis.dure")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for number, (call, what, whens) in enumerate(FAULTS, 1):
                runs = {when: pool.submit(strike, genesis, wires, (call, what, when)) for when in whens}
                problems = [f"{call} {what} when={when}: {run.exception()!r}" for when, run in runs.items()
                            if run.exception() is not None]
                struck = sum(run.result() for run in runs.values() if run.exception() is None)
                if not problems and struck == 0:
                    problems = ["no fault struck"]
                failed += bool(problems)
                print(f"{'not ' if problems else ''}ok {number} - {call} {what}: {struck} of {len(runs)} struck",
                      flush=True)
                for problem in problems:
                    print("# " + problem.replace("\\n", "\n#   "), flush=True)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
