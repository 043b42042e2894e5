#!/usr/bin/env python3
"""Makes test/vectors/formats.txt from schema/formats.json with an encoder, a hash and a signature of its own:
nothing here is shared with the C code but the schema and docs/formats.  test_envelope.c compares.

    shape NAME HEX                          an encoded example of every struct and union
    chain HEX / secret HEX / public HEX     chain id and Ed25519 key of the lines below
    tx KIND BODY HASH SIGNATURE [WITNESS]   a transaction of every kind; the witness of a refund
With --check: exits 1 if the committed file is stale."""

import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "test/vectors/formats.txt"
formats = json.loads((ROOT / "schema/formats.json").read_text())
structs = {s["name"]: s for s in formats["structs"]}
unions = {u["name"]: u for u in formats["unions"]}

# ---- Ed25519, RFC 8032 5.1, slowly ----------------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def recover_x(y):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == 0 else P - x


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    cross = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + cross, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - cross, P - 2, P) % P
    return x, y


def multiply(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


BASE = (recover_x(BASE_Y), BASE_Y)


def compress(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def sha512_number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & ~7 & (2**254 - 1) | 2**254
    return scalar, digest[32:]


def public_key(seed):
    return compress(multiply(expand(seed)[0], BASE))


def sign(seed, message):
    scalar, prefix = expand(seed)
    public = compress(multiply(scalar, BASE))
    nonce = sha512_number(prefix, message) % L
    r = compress(multiply(nonce, BASE))
    s = (nonce + sha512_number(r, public, message) * scalar) % L
    return r + s.to_bytes(32, "little")


# ---- layouts --------------------------------------------------------------------------------------
WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8, "bool": 1, "amount": 8, "time": 8, "day": 4,
          "party": 8, "fund": 8, "city": 4}
TOPS = {"amount": 10**15, "time": 7257945600000, "day": 84005, "bool": 1}
RAW = {"hash": 32, "blind": 16, "mark": 8, "signature": 64}


class Examples:
    """Values that differ from field to field, always the same."""

    def __init__(self):
        self.state = 1

    def next(self):
        self.state = self.state * 6364136223846793005 + 1442695040888963407 & 2**64 - 1
        return self.state >> 20

    def raw(self, size):
        return bytes(self.next() & 255 for _ in range(size))

    def number(self, base, spec):
        width = WIDTHS[base]
        low = 1 if base in ("party", "fund", "city") else 0
        high = TOPS.get(base, 2**(8 * width) - 1)
        if ":" in spec:
            first, last = spec.split(":")[1].split("..")
            low, high = int(first or low), int(last or high)
        elif base == "i64":
            low, high = -2**40, 2**40
        return (low + self.next() % (high - low + 1)) % 2**(8 * width)

    def name(self):
        return ["budget", "a", "monthly_limit_of_2026", "over_the_limit_of_31_letters_12"][self.next() % 4]


def encode_field(made, spec, kind):
    base = spec.split(":")[0]
    if base in WIDTHS:
        return made.number(base, spec).to_bytes(WIDTHS[base], "little")
    if base in RAW:
        return made.raw(RAW[base])
    if base == "key":
        return b"\x02\x03" + made.raw(32) if made.next() % 2 else b"\x01" + made.raw(32) + b"\0"
    if base in ("name", "name?"):
        text = b"" if base == "name?" and made.next() % 2 else made.name().encode()
        return bytes([len(text)]) + text
    if base == "bytes":
        text = made.raw(made.next() % 20)
        return len(text).to_bytes(4, "little") + text
    other = spec.split(":")[1]
    if base == "list":
        count = min(int(spec.split(":")[2]), 1 + made.next() % 3)
        return count.to_bytes(2, "little") + b"".join(encode(made, other) for _ in range(count))
    return encode(made, other, kind)


def encode(made, name, kind=None):
    """An example of a struct or union; `kind` chooses the case of a union within."""
    if name in unions:
        cases = unions[name]["cases"]
        number, _, struct = next((c for c in cases if c[1] == kind), cases[made.next() % len(cases)])
        return bytes([number]) + encode(made, struct)
    return b"".join(encode_field(made, spec, kind) for _, spec, _ in structs[name]["fields"])


def make():
    made = Examples()
    lines = ["# written by tools/gen_format_vectors.py; do not edit"]
    lines += [f"shape {name} {encode(made, name).hex() or '-'}" for name in [*structs, *unions]]
    chain = hashlib.sha256(b"a chain").digest()
    seed = hashlib.sha256(b"a secret key").digest()
    lines += [f"chain {chain.hex()}", f"secret {seed.hex()}", f"public {public_key(seed).hex()}"]
    for _, kind, _ in unions["body"]["cases"]:
        body = encode(made, "tx", kind)
        digest = hashlib.sha256(b"\x60" + chain + body).digest()
        witness = " " + made.raw(100).hex() if kind == "refund" else ""
        lines.append(f"tx {kind} {body.hex()} {digest.hex()} {sign(seed, b'a' + chain + body).hex()}{witness}")
    return "\n".join(lines + [""])


def main():
    text = make()
    if "--check" in sys.argv:
        if not TARGET.exists() or TARGET.read_text() != text:
            print(f"stale: {TARGET.relative_to(ROOT)}: run tools/gen_format_vectors.py", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    # RFC 8032 7.1, test 1: if this does not hold, nothing below means anything.
    known = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert public_key(known).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    sys.exit(main())
