"""Reads docs/formats/layouts.md itself and decodes by it: the page is the program.

A value has one encoding: what does not decode, or leaves bytes over, raises Refused."""

import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "docs/formats/layouts.md"
NAME = re.compile(rb"[a-z][a-z0-9_]{0,30}")
INTEGER = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8}
RAW = {"hash": 32, "blind": 16, "mark": 8, "signature": 64}
BOUNDED = {  # of the page's table of types: size, lowest, highest
    "bool": (1, 0, 1),
    "amount": (8, 0, 10**15),
    "time": (8, 0, 7257945600000),
    "day": (4, 0, 84005),
    "party": (8, 1, 2**64 - 1),
    "fund": (8, 1, 2**64 - 1),
    "city": (4, 1, 2**32 - 1),
}


class Refused(Exception):
    """Bytes that are not what the pages say."""


def need(good, why):
    if not good:
        raise Refused(why)


class Reader:
    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def take(self, size):
        need(self.at + size <= len(self.data), f"ends at {len(self.data)}, {size} bytes wanted at {self.at}")
        piece = self.data[self.at:self.at + size]
        self.at += size
        return bytes(piece)

    def integer(self, size, low=0, high=None, signed=False):
        value = int.from_bytes(self.take(size), "little", signed=signed)
        need(value >= low and (high is None or value <= high), f"{value} before {self.at} is out of range")
        return value

    def end(self):
        need(self.at == len(self.data), f"{len(self.data) - self.at} bytes left over")


def field_type(text):
    """One cell of a table as (word, link, low, high)."""
    link = re.search(r"\[(\w+)\]\(#\w+\)", text)
    most = re.search(r"at most (\d+)", text)
    span = re.fullmatch(r"(\w+) in (-?\d+)\.\.(-?\d*)", text)
    if text.startswith("list of "):
        return "list", link.group(1), 0, int(most.group(1))
    if link:
        return "link", link.group(1), None, None
    if span:
        return span.group(1), None, int(span.group(2)), int(span.group(3)) if span.group(3) else None
    if text.startswith("bytes"):
        return "bytes", None, 0, int(most.group(1))
    return text, None, None, None


class Layouts:
    def __init__(self, text=None):
        self.structs, self.unions, self.results, self.tables = {}, {}, {}, {}
        self.vocabularies = {}
        name = ""
        for line in (text or PAGE.read_text(encoding="utf-8")).splitlines():
            if line.startswith("#"):
                name = line.lstrip("#").strip()
            if line.startswith("State table"):
                number, key = re.match(r"State table (\d+), key: (.*?)\. ", line + " ").groups()
                whose = re.search(r"Hashed with the (\w+)'s blind", line)
                self.tables[int(number)] = (name, key, whose and whose.group(1))
            if line.startswith("| offset |"):
                self.structs[name] = []
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("|") and not line.startswith("|---"):
                self.row(name, line, cells)

    def row(self, name, line, cells):
        if name in self.structs and cells[0] != "offset":
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            self.structs[name].append((cells[1], field_type(cells[2]), cells[0]))
        elif len(cells) == 3 and cells[0].isdigit() and "(#" in cells[2]:
            self.unions.setdefault(name, {})[int(cells[0])] = cells[1], re.search(r"\[(\w+)\]", cells[2]).group(1)
        elif name == "Result codes" and cells[0].isdigit():
            self.results[int(cells[0])] = cells[1]
        elif len(cells) >= 2 and cells[0].isdigit():
            self.vocabularies.setdefault(name, {})[int(cells[0])] = cells[1]

    def decode(self, name, data):
        reader = Reader(data)
        value = self.read(reader, name)
        reader.end()
        return value

    def read(self, reader, name):
        if name in self.unions:
            kind = reader.integer(1)
            need(kind in self.unions[name], f"{name}: kind {kind} is unknown")
            word, struct = self.unions[name][kind]
            return {"kind": kind, "name": word, **{"value": self.read(reader, struct)}}
        start = reader.at
        value = {}
        for field, kind, offset in self.structs[name]:
            need(offset == "" or reader.at - start == int(offset), f"{name}.{field} is not at {offset}")
            try:
                value[field] = self.value(reader, *kind)
            except Refused as problem:
                raise Refused(f"{name}.{field}: {problem}") from None
        return value

    def value(self, reader, word, link, low, high):
        if word == "link":
            return self.read(reader, link)
        if word == "list":
            return [self.read(reader, link) for _ in range(reader.integer(2, 0, high))]
        if word == "bytes":
            return reader.take(reader.integer(4, 0, high))
        if word in INTEGER:
            low = low if low is not None else (-2**63 if word == "i64" else 0)
            return reader.integer(INTEGER[word], low, high, word == "i64")
        if word in BOUNDED:
            size, bottom, top = BOUNDED[word]
            return reader.integer(size, bottom if low is None else low, top)
        if word in RAW:
            return reader.take(RAW[word])
        if word == "key":
            key = reader.take(34)
            need(key[0] in (1, 2), f"key of scheme {key[0]}")
            return key
        need(word in ("name", "name?"), f"the page has a type {word}")
        text = reader.take(reader.integer(1, 0, 31))
        need(NAME.fullmatch(text) or (word == "name?" and text == b""), f"{text} is no name")
        return text.decode()
