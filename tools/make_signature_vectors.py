#!/usr/bin/env python3
"""Writes test/vectors/crypto-signatures.txt: every way a key or a signature can be wrong.

The arithmetic here is plain Python and shares nothing with the C code.  Each case is built with the
result it should have, and the script's own verifier, written from docs/formats/keys.md, must agree
before the line is written.  Run from the top of the project; the output is the same each time.
"""

import hashlib
import sys

OUT = "test/vectors/crypto-signatures.txt"

# ---- Ed25519 ---------------------------------------------------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
ZERO = (0, 1)


def ed_add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P
    return x3, y3


def ed_mul(n, a):
    result = ZERO
    while n:
        if n & 1:
            result = ed_add(result, a)
        a = ed_add(a, a)
        n >>= 1
    return result


def ed_x(y, sign):
    """x of the point with this y and sign, or None if there is none."""
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    square = u * pow(v, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square:
        return None
    return (P - x) % P if x & 1 != sign else x


def ed_encode(a, add_p=0, flip_sign=False):
    sign = (a[0] & 1) ^ flip_sign
    return (a[1] + add_p * P | sign << 255).to_bytes(32, "little")


def ed_decode(data):
    """(point, None) or (None, what is wrong)."""
    value = int.from_bytes(data, "little")
    y, sign = value & (2**255 - 1), value >> 255
    if y >= P:
        return None, "not_canonical"
    x = ed_x(y, sign)
    if x is None:
        return None, "not_on_curve"
    if x == 0 and sign:
        return None, "not_canonical"
    return (x, y), None


BASE = (ed_x(4 * pow(5, -1, P) % P, 0), 4 * pow(5, -1, P) % P)


def ed_key_check(key):
    if key[32]:
        return "key_not_canonical"
    point, wrong = ed_decode(key[:32])
    if wrong:
        return "key_" + wrong
    if ed_mul(8, point) == ZERO:
        return "key_small_order"
    return "ok" if ed_mul(L, point) == ZERO else "key_has_torsion"


def ed_challenge(r, key, message):
    return int.from_bytes(hashlib.sha512(r + key[:32] + message).digest(), "little") % L


def ed_verify(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return "s_too_large"
    r, wrong = ed_decode(signature[:32])
    if wrong:
        return "r_" + wrong
    k = ed_challenge(signature[:32], key, message)
    a = ed_decode(key[:32])[0]
    right = ed_add(r, ed_mul(k, a))
    return "ok" if ed_mul(8, ed_mul(s, BASE)) == ed_mul(8, right) else "mismatch"


def ed_secret(seed):
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little")
    return (a & (2**254 - 8)) | 2**254, digest[32:]


def ed_key(point):
    return ed_encode(point) + b"\0"


def ed_sign_with(a, key, message, r_bytes, r):
    """S for a chosen encoding of R whose part in the prime-order group is r B."""
    s = (r + ed_challenge(r_bytes, key, message) * a) % L
    return r_bytes + s.to_bytes(32, "little")


def ed_sign(seed, message):
    a, prefix = ed_secret(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    return ed_sign_with(a, ed_key(ed_mul(a, BASE)), message, ed_encode(ed_mul(r, BASE)), r)


def small_order_points():
    """The eight, each a multiple of one of order eight."""
    y = 2
    while True:
        x = ed_x(y, 0)
        if x is not None:
            generator = ed_mul(L, (x, y))
            if ed_mul(4, generator) != ZERO:
                return [ed_mul(i, generator) for i in range(8)]
        y += 1


def small_order_encodings():
    """(name, bytes, canonical): the eight and the six other encodings of them."""
    points = small_order_points()
    found = []
    for i, point in enumerate(points):
        found.append((f"torsion{i}", ed_encode(point), True))
    for i, point in enumerate(points):
        if point[1] < 19:
            found.append((f"torsion{i}_plus_p", ed_encode(point, add_p=1), False))
        if point[0] == 0:
            found.append((f"torsion{i}_minus_zero", ed_encode(point, flip_sign=True), False))
        if point[0] == 0 and point[1] < 19:
            found.append((f"torsion{i}_plus_p_minus_zero", ed_encode(point, 1, True), False))
    assert len(found) == 14 and len({data for _, data, _ in found}) == 14
    return found


# ---- P-256 -----------------------------------------------------------------------------------
Q_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
Q_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
Q_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
Q_G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
       0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def q_add(a, b):
    if a is None or b is None:
        return b if a is None else a
    if a[0] == b[0]:
        if (a[1] + b[1]) % Q_P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, Q_P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, Q_P)
    x = (slope * slope - a[0] - b[0]) % Q_P
    return x, (slope * (a[0] - x) - a[1]) % Q_P


def q_mul(n, a):
    result = None
    n %= Q_N
    while n:
        if n & 1:
            result = q_add(result, a)
        a = q_add(a, a)
        n >>= 1
    return result


def q_lift(x, odd):
    square = (x**3 - 3 * x + Q_B) % Q_P
    y = pow(square, (Q_P + 1) // 4, Q_P)
    if y * y % Q_P != square:
        return None
    return (x, Q_P - y if y & 1 != odd else y)


def q_key(point):
    return bytes([2 + (point[1] & 1)]) + point[0].to_bytes(32, "big")


def q_key_check(key):
    x = int.from_bytes(key[1:], "big")
    if key[0] not in (2, 3) or x >= Q_P:
        return "key_not_canonical"
    return "ok" if q_lift(x, key[0] & 1) else "key_not_on_curve"


def q_hash(message):
    return int.from_bytes(hashlib.sha256(message).digest(), "big")


def q_verify(key, message, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < Q_N and 0 < s < Q_N):
        return "s_too_large"
    if s > Q_N // 2:
        return "s_high"
    w = pow(s, -1, Q_N)
    point = q_lift(int.from_bytes(key[1:], "big"), key[0] & 1)
    found = q_add(q_mul(q_hash(message) * w, Q_G), q_mul(r * w, point))
    return "ok" if found is not None and found[0] % Q_N == r else "mismatch"


def q_join(r, s):
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def q_low(s):
    return min(s, Q_N - s)


def q_recover(r_point, r, s, message):
    """The key under which (r, s) with this R verifies."""
    inner = q_add(q_mul(s, r_point), q_mul(-q_hash(message), Q_G))
    return q_key(q_mul(pow(r, -1, Q_N), inner))


# ---- the cases -------------------------------------------------------------------------------
CASES = []


def case(name, scheme, key, message, signature, key_result, result):
    if scheme == 1:
        assert ed_key_check(key) == key_result, name
        # A key that was refused is never asked to verify, except for its padding.
        assert key_result != "ok" or ed_verify(key, message, signature) == result, name
    elif scheme == 2:
        assert q_key_check(key) == key_result, name
        assert key_result != "ok" or q_verify(key, message, signature) == result, name
    assert len(key) == 33 and len(signature) == 64
    assert name not in {line.split()[0] for line in CASES}, name
    CASES.append(" ".join([name, str(scheme), key.hex(), message.hex() or "-", signature.hex(),
                           key_result, result]))


def ed_scalar_cases(key, message, good, a):
    s = int.from_bytes(good[32:], "little")
    for name, value, result in [
            ("s_plus_l", s + L, "s_too_large"), ("s_is_l", L, "s_too_large"),
            ("s_plus_8l", s + 8 * L, "s_too_large"),
            ("s_top_bit", s + 2**255, "s_too_large"), ("s_all_ones", 2**256 - 1, "s_too_large"),
            ("s_is_l_minus_1", L - 1, "mismatch"), ("s_zero", 0, "mismatch"),
            ("s_plus_1", (s + 1) % L, "mismatch"), ("s_negated", L - s, "mismatch")]:
        case("ed25519_" + name, 1, key, message, good[:32] + value.to_bytes(32, "little"), "ok",
             result)
    zero = (0).to_bytes(32, "little")
    case("ed25519_all_zero", 1, key, message, bytes(64), "ok", "mismatch")
    case("ed25519_r_identity_s_zero", 1, key, message, ed_encode(ZERO) + zero, "ok", "mismatch")
    # S = k a with R the identity is the one signature that needs no nonce, and it is valid.
    case("ed25519_r_identity", 1, key, message, ed_sign_with(a, key, message, ed_encode(ZERO), 0),
         "ok", "ok")


def ed_r_cases(key, message, a):
    for name, data, canonical in small_order_encodings():
        signature = ed_sign_with(a, key, message, data, 0)
        case(f"ed25519_r_{name}", 1, key, message, signature, "ok",
             "ok" if canonical else "r_not_canonical")
        case(f"ed25519_r_{name}_s_zero", 1, key, message, data + bytes(32), "ok",
             "mismatch" if canonical else "r_not_canonical")
    r = 0x1234567890ABCDEF
    for i, torsion in enumerate(small_order_points()[1:], 1):
        data = ed_encode(ed_add(ed_mul(r, BASE), torsion))
        signature = ed_sign_with(a, key, message, data, r)
        case(f"ed25519_r_plus_torsion{i}", 1, key, message, signature, "ok", "ok")
        wrong = data + ((int.from_bytes(signature[32:], "little") + 1) % L).to_bytes(32, "little")
        case(f"ed25519_r_plus_torsion{i}_wrong_s", 1, key, message, wrong, "ok", "mismatch")
    s = (5).to_bytes(32, "little")
    for y in range(P, 2**255):
        for sign in (0, 1):
            data = (y | sign << 255).to_bytes(32, "little")
            case(f"ed25519_r_y_{y - P}_plus_p_sign{sign}", 1, key, message, data + s, "ok",
                 "r_not_canonical")
    off = next(y for y in range(2, 100) if ed_x(y, 0) is None)
    data = off.to_bytes(32, "little")
    case("ed25519_r_not_on_curve", 1, key, message, data + s, "ok", "r_not_on_curve")
    data = (off | 1 << 255).to_bytes(32, "little")
    case("ed25519_r_not_on_curve_sign1", 1, key, message, data + s, "ok", "r_not_on_curve")


def ed_key_cases(message, good, a, point):
    for name, data, canonical in small_order_encodings():
        # S = 0 and R the identity verify under any key of small order by the cofactored equation.
        case(f"ed25519_a_{name}", 1, data + b"\0", message, ed_encode(ZERO) + bytes(32),
             "key_small_order" if canonical else "key_not_canonical", "-")
    for i, torsion in enumerate(small_order_points()[1:], 1):
        key = ed_key(ed_add(point, torsion))
        r = ed_mul(77, BASE)
        signature = ed_sign_with(a, key, message, ed_encode(r), 77)
        assert ed_verify(key, message, signature) == "ok"  # only the key's form is wrong
        case(f"ed25519_a_plus_torsion{i}", 1, key, message, signature, "key_has_torsion", "-")
    for y in range(P, 2**255):
        for sign in (0, 1):
            data = (y | sign << 255).to_bytes(32, "little")
            case(f"ed25519_a_y_{y - P}_plus_p_sign{sign}", 1, data + b"\0", message, good,
                 "key_not_canonical", "-")
    off = next(y for y in range(2, 100) if ed_x(y, 0) is None)
    case("ed25519_a_not_on_curve", 1, off.to_bytes(33, "little"), message, good,
         "key_not_on_curve", "-")
    for padding in (1, 0x80, 0xFF):
        case(f"ed25519_a_padding_{padding}", 1, ed_encode(point) + bytes([padding]), message, good,
             "key_not_canonical", "key_not_canonical")


def ed_cases():
    seed = bytes(range(32))
    a, _ = ed_secret(seed)
    point = ed_mul(a, BASE)
    key = ed_key(point)
    message = b"two hands make light work"
    good = ed_sign(seed, message)
    case("ed25519_good", 1, key, message, good, "ok", "ok")
    case("ed25519_good_empty", 1, key, b"", ed_sign(seed, b""), "ok", "ok")
    case("ed25519_other_message", 1, key, message + b".", good, "ok", "mismatch")
    case("ed25519_other_key", 1, ed_key(ed_mul(2, BASE)), message, good, "ok", "mismatch")
    minus_a = ed_key(((P - point[0]) % P, point[1]))
    case("ed25519_negated_key", 1, minus_a, message, good, "ok", "mismatch")
    minus_r = bytes(good[:31]) + bytes([good[31] ^ 0x80])
    case("ed25519_negated_r", 1, key, message, minus_r + good[32:], "ok", "mismatch")
    ed_scalar_cases(key, message, good, a)
    ed_r_cases(key, message, a)
    ed_key_cases(message, good, a, point)
    case("ed25519_a_is_base", 1, ed_key(BASE), message,
         ed_sign_with(1, ed_key(BASE), message, ed_encode(BASE), 1), "ok", "ok")
    chain = [hashlib.sha256(b"\x51" + name).digest() for name in (b"one city", b"another city")]
    body = b"pay 20300 won"
    signed = ed_sign(seed, b"\x61" + chain[0] + body)
    case("ed25519_this_chain", 1, key, b"\x61" + chain[0] + body, signed, "ok", "ok")
    case("ed25519_another_chain", 1, key, b"\x61" + chain[1] + body, signed, "ok", "mismatch")
    case("ed25519_another_tag", 1, key, b"\x60" + chain[0] + body, signed, "ok", "mismatch")
    for scheme in (0, 2, 3, 255):
        wrong = q_key_check(key) if scheme == 2 else "scheme_unknown"
        assert wrong != "ok"
        case(f"ed25519_as_scheme_{scheme}", scheme, key, message, good, wrong, wrong)


def q_sign(d, nonce, message):
    r = q_mul(nonce, Q_G)[0] % Q_N
    return r, (q_hash(message) + r * d) * pow(nonce, -1, Q_N) % Q_N


def q_signature_cases(key, message, d, r, s):
    low = q_low(s)
    for name, signature, result in [
            ("good", q_join(r, low), "ok"), ("s_high", q_join(r, Q_N - low), "s_high"),
            ("r_zero", q_join(0, low), "s_too_large"), ("s_zero", q_join(r, 0), "s_too_large"),
            ("both_zero", bytes(64), "s_too_large"),
            ("r_is_n", q_join(Q_N, low), "s_too_large"),
            ("r_is_n_plus_1", q_join(Q_N + 1, low), "s_too_large"),
            ("r_all_ones", q_join(2**256 - 1, low), "s_too_large"),
            ("s_is_n", q_join(r, Q_N), "s_too_large"),
            ("s_all_ones", q_join(r, 2**256 - 1), "s_too_large"),
            ("s_is_n_minus_1", q_join(r, Q_N - 1), "s_high"),
            ("r_plus_1", q_join((r + 1) % Q_N, low), "mismatch"),
            ("s_one", q_join(r, 1), "mismatch"),
            ("swapped", q_join(q_low(s), q_low(r)), "mismatch"),
            ("little_endian", q_join(r, low)[31::-1] + q_join(r, low)[:31:-1], None)]:
        if result is None:
            result = q_verify(key, message, signature)
            assert result != "ok"
        case("p256_" + name, 2, key, message, signature, "ok", result)
    case("p256_other_message", 2, key, message + b".", q_join(r, low), "ok", "mismatch")
    # u1 G + u2 Q is the point at infinity: h + r d = 0.
    infinite = -q_hash(message) * pow(d, -1, Q_N) % Q_N
    case("p256_sum_is_infinity", 2, key, message, q_join(infinite, 12345), "ok", "mismatch")


def q_special_cases(message):
    # x of R lies in [n, p): r is x - n.
    x = next(x for x in range(Q_N + 1, Q_P) if q_lift(x, 0))
    made = q_recover(q_lift(x, 0), x - Q_N, 4242, message)
    case("p256_r_wraps", 2, made, message, q_join(x - Q_N, 4242), "ok", "ok")
    case("p256_r_not_reduced", 2, made, message, q_join(x, 4242), "ok", "s_too_large")
    r_point = q_mul(99, Q_G)
    half = Q_N // 2
    made = q_recover(r_point, r_point[0] % Q_N, half, message)
    case("p256_s_is_half", 2, made, message, q_join(r_point[0] % Q_N, half), "ok", "ok")
    made = q_recover(r_point, r_point[0] % Q_N, half + 1, message)
    case("p256_s_above_half", 2, made, message, q_join(r_point[0] % Q_N, half + 1), "ok", "s_high")
    # u1 G = u2 Q: the sum is a doubling.
    r = r_point[0] % Q_N
    d = q_hash(message) * pow(r, -1, Q_N) % Q_N
    s = q_low(2 * q_hash(message) * pow(99, -1, Q_N) % Q_N)
    case("p256_sum_is_doubling", 2, q_key(q_mul(d, Q_G)), message, q_join(r, s), "ok", "ok")


def q_cases():
    d, message = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, b"hand in hand"
    point = q_mul(d, Q_G)
    key = q_key(point)
    r, s = q_sign(d, 0x1F2E3D4C5B6A7988, message)
    q_signature_cases(key, message, d, r, s)
    q_special_cases(message)
    good = q_join(r, q_low(s))
    case("p256_negated_key", 2, bytes([key[0] ^ 1]) + key[1:], message, good, "ok", "mismatch")
    for prefix in (0, 1, 4, 5, 6, 7, 0x82, 0xFF):
        case(f"p256_prefix_{prefix}", 2, bytes([prefix]) + key[1:], message, good,
             "key_not_canonical", "key_not_canonical")
    # x = 0 is on the curve, so x = p would be the same point again.
    case("p256_x_zero", 2, b"\x02" + bytes(32), message, good, "ok", "mismatch")
    case("p256_x_is_p", 2, b"\x02" + Q_P.to_bytes(32, "big"), message, good, "key_not_canonical",
         "key_not_canonical")
    case("p256_x_all_ones", 2, b"\x03" + b"\xff" * 32, message, good, "key_not_canonical",
         "key_not_canonical")
    off = next(x for x in range(1, 100) if q_lift(x, 0) is None)
    case("p256_not_on_curve", 2, b"\x02" + off.to_bytes(32, "big"), message, good,
         "key_not_on_curve", "key_not_on_curve")
    case("p256_as_scheme_1", 1, key, message, good, "key_not_canonical", "key_not_canonical")
    case("p256_as_scheme_0", 0, key, message, good, "scheme_unknown", "scheme_unknown")


HEAD = """\
# Keys and signatures, right and wrong in every known way.  Made by tools/make_signature_vectors.py.
# name scheme key message signature result_of_key_check result_of_verify
# Bytes in hex; "-" is an empty message.  A verify result of "-": the key was refused, so the
# signature is never looked at.  The rule is in docs/formats/keys.md.
# Not here because nobody can make one: Ed25519 with k = 0 (a SHA-512 preimage), a valid signature
# with S = 0 (it would fix k before R), P-256 with a message hash of 0.
"""


def main():
    ed_cases()
    q_cases()
    text = HEAD + "\n".join(CASES) + "\n"
    with open(OUT, "w", encoding="ascii") as file:
        file.write(text)
    print(f"{OUT}: {len(CASES)} cases", file=sys.stderr)


if __name__ == "__main__":
    main()
