"""docs/formats/log.md: head marker, segments, batches."""

from layouts import Refused, need
from trees import H, LOG_BATCH, LOG_MARKER, ZERO, u32, u64

SECTOR = 512
LOG_SEGMENT, LOG_CHECK = 0x83, 0x84


def number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


def is_zero(data):
    return data.count(0) == len(data)


def marker_slot(data, slot):
    """The marker in a slot, or None."""
    sector = data[slot * 4096:slot * 4096 + SECTOR]
    good = (len(sector) == SECTOR and sector[:8] == b"DURE-END" and H(LOG_MARKER, sector[:144]) == sector[144:176]
            and number(sector, 8, 4) == 1 and number(sector, 12, 4) < 2 and is_zero(sector[176:])
            and number(sector, 64, 8) % 2 == slot)
    if not good:
        return None
    return {"is_closed": sector[12] == 1, "chain_id": sector[16:48], "salt": sector[48:64],
            "sequence": number(sector, 64, 8), "segment": number(sector, 72, 8), "offset": number(sector, 80, 8),
            "end": number(sector, 88, 8), "height": number(sector, 96, 8), "first": number(sector, 104, 8),
            "hash": sector[112:144]}


def marker_read(data, chain_id):
    need(len(data) == 8192, "head.dure has another size")
    markers = [marker for marker in (marker_slot(data, 0), marker_slot(data, 1)) if marker]
    need(markers, "head.dure has no valid marker")
    marker = max(markers, key=lambda m: m["sequence"])
    need(marker["chain_id"] == chain_id, "head.dure is of another chain")
    return marker


def segment_header(data, expected, salt, chain_id, height, link):
    """The link behind the header of segment number `expected`."""
    head = data[:SECTOR]
    need(len(head) == SECTOR and head[:8] == b"DURE-LOG" and number(head, 8, 4) == 1, "no segment of version 1")
    need(H(LOG_SEGMENT, head[:112]) == head[112:144], "the header's hash differs")
    need(is_zero(head[12:16]) and is_zero(head[144:]), "bytes of the header that must be zero are not")
    need(head[16:48] == chain_id and head[48:64] == salt, "the header is of another chain or log")
    need(number(head, 64, 8) == expected and number(head, 72, 8) == height, "segment number or height is another")
    need(head[80:112] == link, "the link differs")
    return head[112:144]


def batch_check(data, at, salt, segment):
    """Is there a batch header that is right for its place?"""
    head = data[at:at + 136]
    return (len(head) == 136 and head[:4] == b"DBAT" and number(head, 24, 8) == segment
            and number(head, 32, 8) == at and H(LOG_CHECK, salt, head[:104]) == head[104:136])


def batch_read(data, at, salt, segment, height, link):
    """(blocks, batch hash, where it ends)"""
    need(batch_check(data, at, salt, segment), "no batch is here")
    count, size = number(data, at + 4, 4), number(data, at + 16, 4)
    need(1 <= count <= 256 and 1 <= size <= 16777216 and is_zero(data[at + 20:at + 24]), "a field of the batch")
    need(number(data, at + 8, 8) == height, "the height does not follow")
    need(data[at + 40:at + 72] == link, "the link differs")
    payload = data[at + 136:at + 136 + size]
    end = (at + 136 + size + SECTOR - 1) // SECTOR * SECTOR
    need(len(payload) == size and end <= len(data), "the file ends within the batch")
    need(H(LOG_BATCH, data[at:at + 72], payload) == data[at + 72:at + 104], "the batch hash differs")
    need(is_zero(data[at + 136 + size:end]), "the padding is not zero")
    blocks, offset = [], 0
    while offset < size:
        length = number(payload, offset, 4)
        need(1 <= length <= 4194304 and offset + 4 + length <= size, "a block's size")
        blocks.append(payload[offset + 4:offset + 4 + length])
        offset += 4 + length
    need(len(blocks) == count, "the number of blocks")
    return blocks, data[at + 72:at + 104], end


class Log:
    """All blocks: (height, bytes, hash of their batch).  Raises Refused, saying segment and offset."""

    def __init__(self, directory, chain_id):
        self.directory, self.chain_id = directory, chain_id
        self.blocks, self.segments, self.batches, self.batch_end = [], 0, 0, 0
        self.interrupted = None  # (segment, offset) of an unfinished write behind the marker
        names = {path.name for path in directory.glob("log-*.dure")}
        self.count = len(names)
        need(names == {self.name(i) for i in range(1, self.count + 1)}, "the segments have a gap")
        self.marker = marker_read((directory / "head.dure").read_bytes(), chain_id)
        self.salt = self.marker["salt"]
        self.height, self.link = self.marker["first"], ZERO
        self.passed = self.marker["segment"] == 0
        self.read()
        need(self.passed, "the log ends before its head marker")
        need(self.blocks or self.marker["height"] == self.marker["first"] - 1, "heights of an empty log")

    @staticmethod
    def name(segment):
        return f"log-{segment:08}.dure"

    def load(self, segment):
        return (self.directory / self.name(segment)).read_bytes() if segment <= self.count else b""

    def read(self):
        segment, data = 1, self.load(1)
        while True:
            if len(data) < SECTOR or is_zero(data):  # room reserved ahead
                return self.stop(segment, 0, data, None)
            try:
                self.link = segment_header(data, segment, self.salt, self.chain_id, self.height, self.link)
            except Refused as problem:
                return self.stop(segment, 0, data, problem)
            self.segments, at = segment, SECTOR
            while at < len(data) and not is_zero(data[at:at + SECTOR]):
                try:
                    blocks, self.link, end = batch_read(data, at, self.salt, segment, self.height, self.link)
                except Refused as problem:
                    return self.stop(segment, at, data, problem)
                self.take(segment, at, end, blocks)
                at = end
            if not is_zero(data[at:]):
                return self.stop(segment, at, data, Refused("behind the last batch it is not zero"))
            segment, data = segment + 1, self.load(segment + 1)

    def take(self, segment, at, end, blocks):
        for block in blocks:
            self.blocks.append((self.height, block, self.link))
            self.height += 1
        self.batches += 1
        self.batch_end = end  # in its segment
        marker = self.marker
        if (segment, at) == (marker["segment"], marker["offset"]):
            same = end == marker["end"] and self.height - 1 == marker["height"] and self.link == marker["hash"]
            need(same, f"{self.name(segment)} at {at}: the head marker names another batch")
            self.passed = True
            need(not marker["is_closed"] or self.is_rest_zero(segment, end), "behind a closed log it is not zero")

    def is_rest_zero(self, segment, end):
        return is_zero(self.load(segment)[end:]) and all(is_zero(self.load(i)[SECTOR:])
                                                          for i in range(segment + 1, self.count + 1))

    def stop(self, segment, at, data, problem):
        """What is not right here is an interrupted write only behind the marker, with nothing behind it."""
        place = f"{self.name(segment)} at {at}"
        need(problem is None or (self.passed and not self.marker["is_closed"]), f"{place}: {problem}")
        for later in range(segment, self.count + 1):
            rest = data if later == segment else self.load(later)
            first = at + SECTOR if later == segment else SECTOR
            behind = any(batch_check(rest, i, self.salt, later) for i in range(first, len(rest), SECTOR)
                         if rest[i:i + 4] == b"DBAT")
            need(not behind, f"{place}: {problem or 'the log ends'}, but there is a batch behind it")
        self.interrupted = (segment, at) if problem else None


def write_segments(chain_id, salt, batches, size):
    """The other direction: segments of at most `size` bytes, if a batch fits, and head.dure.

    batches: lists of consecutive blocks from height 1."""
    files, data, link, height = [], b"", ZERO, 1

    def begin():
        head = (b"DURE-LOG" + u32(1) + bytes(4) + chain_id + salt + u64(len(files) + 1) + u64(height) + link)
        return head + H(LOG_SEGMENT, head) + bytes(368), H(LOG_SEGMENT, head)

    data, link = begin()
    for blocks in batches:
        payload = b"".join(u32(len(block)) + block for block in blocks)
        padding = bytes(-(136 + len(payload)) % SECTOR)
        if len(data) > SECTOR and len(data) + 136 + len(payload) + len(padding) > size:
            files.append(data + bytes(max(0, size - len(data))))
            data, link = begin()
        offset = len(data)
        head = (b"DBAT" + u32(len(blocks)) + u64(height) + u32(len(payload)) + bytes(4) + u64(len(files) + 1)
                + u64(offset) + link)
        link = H(LOG_BATCH, head, payload)
        head += link
        data += head + H(LOG_CHECK, salt, head) + payload + padding
        height += len(blocks)
    marker = (b"DURE-END" + u32(1) + u32(1) + chain_id + salt + u64(1) + u64(len(files) + 1) + u64(offset)
              + u64(len(data)) + u64(height - 1) + u64(1) + link)
    files.append(data + bytes(max(0, size - len(data))))
    slot = marker + H(LOG_MARKER, marker) + bytes(336)
    return files, bytes(4096) + slot + bytes(4096 - SECTOR)
