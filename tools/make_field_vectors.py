#!/usr/bin/env python3
"""Writes test/vectors/crypto-field.txt: arithmetic modulo 2^255 - 19 on limbs of 51 bits.

Python's integers share nothing with the C code.  A limb may be larger than 51 bits, as between two
carries; `size` says how large: "tight" elements are what a product gives, "wide" ones are the
largest that the portable product takes, "packed" ones the largest that the one of eight lanes takes.
Run from the top of the project; the output is the same each time.
"""

import hashlib
import sys

OUT = "test/vectors/crypto-field.txt"
P = 2**255 - 19
BOUND = {"tight": 2**51 + 2**14, "packed": 2**52, "wide": 2**54}


class Draws:
    """Numbers from a hash, the same on every machine."""

    def __init__(self):
        self.count = 0

    def below(self, bound):
        self.count += 1
        digest = hashlib.sha512(b"dure field %d" % self.count).digest()
        return int.from_bytes(digest, "little") % bound


def value(limbs):
    return sum(limb << 51 * i for i, limb in enumerate(limbs))


def canonical(number):
    number %= P
    return [number >> 51 * i & (2**51 - 1) for i in range(5)]


def text(limbs):
    return ",".join("%x" % limb for limb in limbs)


def edges(bound):
    """Zero and one in all their forms, everything at its largest, and each limb alone."""
    yield [0] * 5
    yield [1, 0, 0, 0, 0]
    yield [bound - 1] * 5
    yield [2**51 - 1] * 5
    for extra in (-1, 0, 1, 18, 19):
        whole = P + extra
        yield [whole >> 51 * i & (2**51 - 1) if i < 4 else whole >> 204 for i in range(5)]
    for i in range(5):
        yield [bound - 1 if i == j else 0 for j in range(5)]
    if bound > 2**52:
        yield [2**52 - 38] + [2**52 - 2] * 4  # 2p


def result(operation, a, b):
    x, y = value(a), value(b)
    return {"mul": x * y, "square": x * x, "add": x + y, "sub": x - y}[operation]


def main():
    draws = Draws()
    lines = [
        "# operation size a b result: limbs of 51 bits, lowest first; the result is below p.",
        "# Written by tools/make_field_vectors.py.",
    ]
    for size, operations in (
        ("tight", ("mul", "square", "add", "sub")),
        ("packed", ("mul", "square")),
        ("wide", ("mul", "square")),
    ):
        bound = BOUND[size]
        pairs = [(a, b) for a in edges(bound) for b in edges(bound)]
        pairs = [(a, b) for a, b in pairs if max(a + b) < bound]
        for _ in range(100):
            pairs.append(([draws.below(bound) for _ in range(5)], [draws.below(bound) for _ in range(5)]))
        for operation in operations:
            for a, b in pairs:
                parts = (operation, size, text(a), text(b), text(canonical(result(operation, a, b))))
                lines.append(" ".join(parts))
    with open(OUT, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    print("%s: %d vectors" % (OUT, len(lines) - 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
