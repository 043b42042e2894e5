#!/usr/bin/env python3
"""What a node does with clients that misbehave, on its real socket: garbage, halves of frames, floods, readers
that do not read, clients that vanish.  Meanwhile another client is served.  Prints TAP; the argument is the
build directory."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(sys.argv[1])
HEAD, SUBMIT, RECORD, SCAN, BLOCK, ANSWER, RECEIPT, FOLLOW, STATUS, PROBLEM = 1, 2, 3, 4, 5, 6, 7, 8, 9, 255


def frame(number, kind, body=b""):
    return struct.pack("<IQB", 9 + len(body), number, kind) + body


def submit(number, wires):
    return frame(number, SUBMIT, struct.pack("<H", len(wires)) +
                 b"".join(struct.pack("<I", len(wire)) + wire for wire in wires))


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)  # before the timeout: without one it waits while others are accepted
        self.socket.settimeout(20)
        self.waiting = b""
        self.at = 0

    def send(self, data):
        self.socket.sendall(data)

    def exactly(self, size):
        while len(self.waiting) - self.at < size:
            part = self.socket.recv(262144)
            if not part:
                raise EOFError
            self.waiting = self.waiting[self.at:] + part
            self.at = 0
        data = self.waiting[self.at:self.at + size]
        self.at += size
        return data

    def tell(self):
        """(number, kind, body)"""
        size = struct.unpack("<I", self.exactly(4))[0]
        data = self.exactly(size)
        number, kind = struct.unpack_from("<QB", data)
        return number, kind, data[9:]

    def ask(self, number, kind, body=b""):
        self.send(frame(number, kind, body))
        return self.tell()

    def close(self):
        self.socket.close()


def status(client):
    text = client.ask(1, STATUS)[2][4:].decode()
    return dict(line.split("=", 1) for line in text.splitlines())


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def codes(body):
    """The codes in a tell_submit."""
    count = struct.unpack_from("<H", body)[0]
    at, found = 2, []
    for _ in range(count):
        found.append(struct.unpack_from("<H", body, at)[0])
        at += 2 + 1 + 1 + 8 + 4
        for _ in range(2):
            at += 4 + struct.unpack_from("<I", body, at)[0]
    expect(at == len(body), "bytes left over in the answers")
    return found


# ---- tests: each gets the socket's path and a client that must always be served -------------------


def garbage_closes_with_a_reason(path, good):
    cases = [
        ("frame_too_small", b"\3\0\0\0abc", "too small"),
        ("frame_too_large", b"\xff\xff\xff\xff", "larger than"),
        ("frame_too_large", struct.pack("<I", 4194305), "larger than"),
        ("ask_malformed", frame(5, 99), "unknown kind"),
        ("ask_malformed", frame(5, HEAD, b"x"), "left over"),
        ("ask_malformed", frame(5, ANSWER, b"\0" * 18), "party"),
        ("ask_malformed", frame(5, SUBMIT, struct.pack("<H", 9)), "cut off"),
        ("ask_malformed", frame(5, RECORD, b"\x63" + b"\0" * 5), "table"),
    ]
    for reason, data, text in cases:
        before = int(status(good)["api_closed_" + reason])
        bad = Client(path)
        bad.send(data)
        _, kind, body = bad.tell()
        expect(kind == PROBLEM and text in body[4:].decode(), f"{data[:20]!r}: {body!r}")
        try:
            bad.tell()
            raise AssertionError("the connection is still open")
        except (EOFError, ConnectionResetError):
            pass
        expect(int(status(good)["api_closed_" + reason]) == before + 1, f"{reason} is not counted")
        bad.close()


def an_ask_that_cannot_be_served_is_told(path, good):
    for kind, body in ((RECORD, b"\6" + struct.pack("<I", 3) + b"abc" + b"\0"),):
        number, told, text = good.ask(9, kind, body)
        expect((number, told) == (9, PROBLEM), text)
    for cursor in (0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1):
        for table in range(1, 11):
            _, told, _ = good.ask(9, SCAN, struct.pack("<BQ", table, cursor))
            expect(told == SCAN, f"scan of table {table} from {cursor}")
    expect(good.ask(3, BLOCK, struct.pack("<Q", 2**64 - 1))[1] == BLOCK, "a block that is not there")


def frames_may_come_byte_by_byte(path, good):
    slow = Client(path)
    for byte in frame(1, HEAD) + frame(2, STATUS):
        slow.send(bytes([byte]))
        if byte == 9:
            expect(good.ask(4, HEAD)[1] == HEAD, "the other client")
    expect([slow.tell()[0] for _ in range(2)] == [1, 2], "both are answered")
    slow.close()


def malformed_transactions_are_answered(path, good):
    wires = [b"", b"x", os.urandom(200), b"\1" * 65536]
    number, kind, body = good.ask(8, SUBMIT, submit(8, wires)[13:])
    expect((number, kind, codes(body)) == (8, SUBMIT, [1, 1, 1, 1]), body[:80])
    expect(codes(good.ask(8, SUBMIT, struct.pack("<H", 0))[2]) == [], "none at all")


def many_submits_under_way(path, good):
    client = Client(path)
    for number in range(1, 301):
        client.send(submit(number, [b"abc"] * 100))
    seen = {}
    for _ in range(300):
        number, kind, body = client.tell()
        expect(kind == SUBMIT and number not in seen, "each once")
        seen[number] = codes(body)
    expect(all(found == [1] * 100 for found in seen.values()), "all malformed")
    client.close()


def a_client_that_vanishes(path, good):
    for cut in (5, 20000, None):
        client = Client(path)
        client.send(submit(1, [b"abc" * 100] * 4096)[:cut])
        client.close()
        expect(good.ask(6, HEAD)[1] == HEAD, "the other client")
    for _ in range(50):
        found = status(good)
        if found["waiting"] == "0" and found["api_clients"] == "1":
            return
    raise AssertionError(f"something is left behind: {found}")


def a_reader_that_does_not_read(path, good):
    """It is not read from any more; nothing of it is lost, and others do not notice."""
    asks = 450000
    slow = Client(path)
    slow.socket.setblocking(False)
    wanted = b"".join(frame(number, HEAD) for number in range(1, asks + 1))
    sent = 0
    stalls = 0
    while sent < len(wanted) and stalls < 50:
        try:
            sent += slow.socket.send(wanted[sent:sent + 65536])
            stalls = 0
        except BlockingIOError:
            stalls += 1
            expect(good.ask(7, HEAD)[1] == HEAD, "the other client")
    expect(sent < len(wanted), f"the node held back: {sent} of {len(wanted)}, {status(good)}")
    slow.socket.settimeout(20)
    numbers = []
    pending = memoryview(wanted)[sent:]
    while len(numbers) < asks:
        if len(pending) > 0 and len(numbers) % 64 == 0:
            slow.socket.setblocking(False)
            try:
                pending = pending[slow.socket.send(pending[:65536]):]
            except BlockingIOError:
                pass
            slow.socket.settimeout(20)
        numbers.append(slow.tell()[0])
    expect(numbers == list(range(1, asks + 1)), "every ask is answered, in order")
    slow.close()


def too_many_clients(path, good):
    clients = []
    refused = 0
    for _ in range(300):
        client = Client(path)
        clients.append(client)
    for client in clients:
        try:
            client.ask(1, HEAD)
        except (EOFError, OSError):
            refused += 1
    expect(refused == 300 - 255, f"{refused} refused")
    expect(good.ask(1, HEAD)[1] == HEAD, "the first client")
    for client in clients:
        client.close()


TESTS = [garbage_closes_with_a_reason, an_ask_that_cannot_be_served_is_told, frames_may_come_byte_by_byte,
         malformed_transactions_are_answered, many_submits_under_way, a_client_that_vanishes,
         a_reader_that_does_not_read, too_many_clients]


def run_all(folder):
    dure, dured = os.path.join(BUILD, "dure"), os.path.join(BUILD, "dured")
    subprocess.run([dure, "init", "city", "--city", "41570", "--clock", "driven"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    failed = 0
    with open(os.path.join(folder, "node.log"), "wb") as log, \
            subprocess.Popen([dured, "city"], cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True) as node:
        node.stdout.readline()
        path = os.path.join(folder, "city", "node.socket")
        good = Client(path)
        for number, test in enumerate(TESTS, 1):
            try:
                test(path, good)
                print(f"ok {number} - {test.__name__}", flush=True)
            except (AssertionError, OSError, EOFError, struct.error, KeyError) as problem:
                failed = 1
                print(f"not ok {number} - {test.__name__}\n# {type(problem).__name__}: {problem}", flush=True)
        good.close()
        node.terminate()
        if node.wait(timeout=30) != 0:
            print("# the node did not stop in order")
            failed = 1
    return failed


def main():
    print(f"1..{len(TESTS)}", flush=True)
    folder = tempfile.mkdtemp(prefix="dure-socket-")
    try:
        return run_all(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
