"""A client of the node's socket: docs/api.md, and the layouts `ask` and `tell`."""

import socket

from state import LAYOUTS


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.number = 0

    def close(self):
        self.socket.close()

    def take(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError("the node closed the connection")
            data += part
        return bytes(data)

    def send(self, kind, content=b""):
        self.number += 1
        frame = self.number.to_bytes(8, "little") + bytes([kind]) + content
        self.socket.sendall(len(frame).to_bytes(4, "little") + frame)

    def receive(self):
        told = LAYOUTS.decode("tell", self.take(int.from_bytes(self.take(4), "little")))
        if told["number"] != self.number or told["what"]["name"] == "problem":
            raise EOFError(f"the node tells {told}")
        return told["what"]

    def ask(self, name, content=b""):
        kind = next(number for number, (word, _) in LAYOUTS.unions["request"].items() if word == name)
        self.send(kind, content)
        return self.receive()["value"]

    def record(self, table, key):
        return self.ask("record", bytes([table]) + len(key).to_bytes(4, "little") + key + b"\1")

    def effects(self, until):
        """{height: answers of its transactions in their order}, from the first block up to `until`.

        Tells go on afterwards: this connection is of no further use."""
        kind = next(number for number, (word, _) in LAYOUTS.unions["request"].items() if word == "follow")
        self.send(kind, bytes(8))
        blocks = {}
        while not blocks or max(blocks) < until:
            told = self.receive()["value"]
            blocks.setdefault(told["height"], []).extend(told["answers"])
        return blocks
