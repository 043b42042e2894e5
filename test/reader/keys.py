"""docs/formats/keys.md: Ed25519 under the cofactored rule, and P-256, in plain integers."""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
ONE = (0, 1, 1, 0)


def add(a, b):
    """Extended coordinates (X, Y, Z, T); complete, so that doubling is adding to itself."""
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(a):
    x, y, z = a[0] * a[0], a[1] * a[1], 2 * a[2] * a[2]
    e, g = ((a[0] + a[1]) ** 2 - x - y) % P, (y - x) % P
    f, h = (g - z) % P, (-x - y) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a):
    return -a[0] % P, a[1], a[2], -a[3] % P


def is_identity(a):
    return a[0] % P == 0 and (a[1] - a[2]) % P == 0


def decompress(data):
    """A point, or the name of what is wrong with it."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return "not_canonical"
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT % P
    if v * x * x % P != u:
        return "not_on_curve"
    if x == 0 and sign:
        return "not_canonical"
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decompress(bytes([0x58]) + b"\x66" * 31)


def times(pairs):
    """The sum of number * point over the pairs, four bits at a time."""
    tables = []
    for _, point in pairs:
        table = [ONE]
        for _ in range(15):
            table.append(add(table[-1], point))
        tables.append(table)
    total = ONE
    for shift in range(252, -4, -4):
        for _ in range(4):
            total = double(total)
        for (number, _), table in zip(pairs, tables):
            digit = number >> shift & 15
            total = add(total, table[digit]) if digit else total
    return total


def ed25519_key(key):
    point = decompress(key[1:33])
    if key[33] != 0 or point == "not_canonical":
        return "key_not_canonical"
    if point == "not_on_curve":
        return "key_not_on_curve"
    if is_identity(double(double(double(point)))):
        return "key_small_order"
    return "ok" if is_identity(times([(L, point)])) else "key_has_torsion"


def ed25519_verify(key, message, signature):
    if key[33] != 0:
        return "key_not_canonical"
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return "s_too_large"
    r = decompress(signature[:32])
    if isinstance(r, str):
        return "r_" + r
    k = int.from_bytes(hashlib.sha512(signature[:32] + key[1:33] + message).digest(), "little") % L
    point = add(times([(s, BASE), (k, negate(decompress(key[1:33])))]), negate(r))
    return "ok" if is_identity(double(double(double(point)))) else "mismatch"


# ---- P-256: y^2 = x^3 - 3 x + B; affine points, None at infinity ----

FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def p256_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % FIELD == 0:
            return None
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, FIELD)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, FIELD)
    x = (slope * slope - a[0] - b[0]) % FIELD
    return x, (slope * (a[0] - x) - a[1]) % FIELD


def p256_times(number, point):
    total = None
    while number:
        total = p256_add(total, point) if number & 1 else total
        point = p256_add(point, point)
        number >>= 1
    return total


def p256_point(key):
    x = int.from_bytes(key[2:34], "big")
    if key[1] not in (2, 3) or x >= FIELD:
        return "key_not_canonical"
    square = (x * x * x - 3 * x + B) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    if y * y % FIELD != square:
        return "key_not_on_curve"
    return x, y if y & 1 == key[1] & 1 else FIELD - y


def p256_key(key):
    point = p256_point(key)
    return point if isinstance(point, str) else "ok"


def p256_verify(key, message, signature):
    point = p256_point(key)
    if isinstance(point, str):
        return point
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < ORDER and 0 < s < ORDER):
        return "s_too_large"
    if s > (ORDER - 1) // 2:
        return "s_high"
    h, w = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, ORDER)
    sum_ = p256_add(p256_times(h * w % ORDER, G), p256_times(r * w % ORDER, point))
    return "ok" if sum_ is not None and sum_[0] % ORDER == r else "mismatch"


def check_key(key):
    return {1: ed25519_key, 2: p256_key}.get(key[0], lambda key: "scheme_unknown")(key)


def verify(key, message, signature):
    rule = {1: ed25519_verify, 2: p256_verify}.get(key[0])
    return rule(key, message, signature) if rule else "scheme_unknown"
