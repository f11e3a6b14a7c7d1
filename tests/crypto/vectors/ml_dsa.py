# SPDX-License-Identifier: Apache-2.0
"""ML-DSA (FIPS 204), pure, with an empty context: slow, short, and written from the standard alone.

A second opinion on what Bulkhead signs and verifies, and a signer that can be told to leave out the
checks that make a signature a good one."""
import hashlib

Q, N, D = 8380417, 256, 13
#       K  L  ETA TAU GAMMA1  GAMMA2         OMEGA LAMBDA/4
SETS = {44: (4, 4, 2, 39, 1 << 17, (Q - 1) // 88, 80, 32),
        65: (6, 5, 4, 49, 1 << 19, (Q - 1) // 32, 55, 48),
        87: (8, 7, 2, 60, 1 << 19, (Q - 1) // 32, 75, 64)}


def shake256(data, length):
    return hashlib.shake_256(data).digest(length)


def reverse8(i):
    return int(f"{i:08b}"[::-1], 2)


ZETAS = [pow(1753, reverse8(i), Q) for i in range(N)]


def ntt(w):
    w, m, step = list(w), 0, 128
    while step:
        for start in range(0, N, 2 * step):
            m += 1
            for j in range(start, start + step):
                t = ZETAS[m] * w[j + step] % Q
                w[j + step], w[j] = (w[j] - t) % Q, (w[j] + t) % Q
        step //= 2
    return w


def inverse_ntt(w):
    w, m, step = list(w), 256, 1
    while step < N:
        for start in range(0, N, 2 * step):
            m -= 1
            for j in range(start, start + step):
                t = w[j]
                w[j] = (t + w[j + step]) % Q
                w[j + step] = -ZETAS[m] * (t - w[j + step]) % Q
        step *= 2
    return [x * 8347681 % Q for x in w]


def times(a, b):
    return [x * y % Q for x, y in zip(a, b)]


def plus(*polys):
    return [sum(x) % Q for x in zip(*polys)]


def minus(a, b):
    return [(x - y) % Q for x, y in zip(a, b)]


def centred(x, modulus=Q):
    x %= modulus
    return x - modulus if x > modulus // 2 else x


def norm(poly):
    return max(abs(centred(x)) for x in poly)


def pack(values, bits):
    number = sum(value << bits * i for i, value in enumerate(values))
    return number.to_bytes(bits * len(values) // 8, "little")


def unpack(data, bits):
    number = int.from_bytes(data, "little")
    return [number >> i & ((1 << bits) - 1) for i in range(0, 8 * len(data), bits)]


class MlDsa:
    def __init__(self, name):
        (self.k, self.l, self.eta, self.tau, self.gamma1, self.gamma2, self.omega,
         self.challenge) = SETS[name]
        self.beta = self.tau * self.eta
        self.z_bits = self.gamma1.bit_length()
        self.w_bits = ((Q - 1) // (2 * self.gamma2) - 1).bit_length()

    # ---- sampling: sections 7.3 ----

    def entry(self, rho, row, column):
        stream, out, at = hashlib.shake_128(rho + bytes([column, row])).digest(168 * 8), [], 0
        while len(out) < N:
            value = int.from_bytes(stream[at:at + 3], "little") & 0x7FFFFF
            at += 3
            if value < Q:
                out.append(value)
        return out

    def matrix(self, rho):
        return [[self.entry(rho, r, c) for c in range(self.l)] for r in range(self.k)]

    def short(self, seed, nonce):
        out = []
        for byte in shake256(seed + nonce.to_bytes(2, "little"), 136 * 5):
            for half in (byte & 15, byte >> 4):
                if self.eta == 2 and half < 15:
                    out.append((2 - half % 5) % Q)
                elif self.eta == 4 and half < 9:
                    out.append((4 - half) % Q)
        return out[:N]

    def mask(self, seed, nonce):
        data = shake256(seed + nonce.to_bytes(2, "little"), 32 * self.z_bits)
        return [(self.gamma1 - x) % Q for x in unpack(data, self.z_bits)]

    def ball(self, seed):
        stream = shake256(seed, 8 + 1024)
        signs, at, c = int.from_bytes(stream[:8], "little"), 8, [0] * N
        for i in range(N - self.tau, N):
            while stream[at] > i:
                at += 1
            j = stream[at]
            at += 1
            c[i], c[j] = c[j], 1 if not signs & 1 else Q - 1
            signs >>= 1
        return c

    # ---- rounding: section 7.4 ----

    def decompose(self, r):
        low = centred(r, 2 * self.gamma2)
        return (0, low - 1) if r % Q - low == Q - 1 else ((r % Q - low) // (2 * self.gamma2), low)

    def use_hint(self, hint, r):
        high, low = self.decompose(r)
        count = (Q - 1) // (2 * self.gamma2)
        return (high + (1 if low > 0 else -1)) % count if hint else high

    # ---- algorithms 6, 7 and 8 ----

    def keys(self, seed):
        data = shake256(seed + bytes([self.k, self.l]), 128)
        rho, inner, self.key = data[:32], data[32:96], data[96:]
        self.a = self.matrix(rho)
        self.s1 = [self.short(inner, i) for i in range(self.l)]
        self.s2 = [self.short(inner, self.l + i) for i in range(self.k)]
        s1 = [ntt(s) for s in self.s1]
        t = [plus(inverse_ntt(plus(*(times(x, y) for x, y in zip(row, s1)))), s2)
             for row, s2 in zip(self.a, self.s2)]
        low = [[centred(x, 1 << D) for x in poly] for poly in t]
        high = [[(x - y) >> D for x, y in zip(*polys)] for polys in zip(t, low)]
        self.t0 = [[x % Q for x in poly] for poly in low]
        self.public = rho + b"".join(pack(poly, 10) for poly in high)
        return self.public

    def mu(self, public, message):
        return shake256(shake256(public, 64) + b"\0\0" + message, 64)

    def pack_hints(self, hints):
        out, ends = b"", b""
        for hint in hints:
            out += bytes(i for i, x in enumerate(hint) if x)
            ends += bytes([len(out)])
        return out + bytes(self.omega - len(out)) + ends

    def try_sign(self, message, nonce, random=bytes(32), gamma1=None):
        """One attempt. (signature, is z as short as it must be?), or None if its hints do not come
        out right, so that it does not fulfil the equation."""
        mu = self.mu(self.public, message)
        seed = shake256(self.key + random + mu, 64)
        y = [self.mask(seed, nonce + i) for i in range(self.l)]
        w = [inverse_ntt(plus(*(times(a, ntt(p)) for a, p in zip(row, y)))) for row in self.a]
        w1 = [[self.decompose(x)[0] for x in poly] for poly in w]
        challenge = shake256(mu + b"".join(pack(poly, self.w_bits) for poly in w1), self.challenge)
        c = ntt(self.ball(challenge))
        z = [plus(p, inverse_ntt(times(c, ntt(s)))) for p, s in zip(y, self.s1)]
        low = [minus(p, inverse_ntt(times(c, ntt(s)))) for p, s in zip(w, self.s2)]
        ct0 = [inverse_ntt(times(c, ntt(t))) for t in self.t0]
        total = [plus(p, t) for p, t in zip(low, ct0)]
        hints = [[int(self.decompose(x)[0] != high) for x, high in zip(*polys)]
                 for polys in zip(total, w1)]
        right = all([self.use_hint(h, x) for h, x in zip(*polys[:2])] == polys[2]
                    for polys in zip(hints, total, w1))
        encodable = all(-self.gamma1 < centred(x) <= self.gamma1 for p in z for x in p)
        if not right or not encodable or sum(map(sum, hints)) > self.omega:
            return None
        packed = b"".join(pack([self.gamma1 - centred(x) for x in p], self.z_bits) for p in z)
        return (challenge + packed + self.pack_hints(hints),
                all(norm(p) < self.gamma1 - self.beta for p in z))

    def sign(self, message, good=True):
        """A signature; with good=False one whose z is too long, and all else as it should be."""
        for nonce in range(0, 1 << 16, self.l):
            made = self.try_sign(message, nonce)
            if made and made[1] == good:
                return made[0]
        raise ValueError("no signature in so many attempts")

    def verify(self, public, message, signature, bound=True):
        """With bound=False, however long z is."""
        z_len = 32 * self.z_bits
        if len(public) != 32 + 320 * self.k or len(signature) != (
                self.challenge + self.l * z_len + self.omega + self.k):
            return False
        challenge, rest = signature[:self.challenge], signature[self.challenge:]
        z = [[(self.gamma1 - x) % Q for x in unpack(rest[i * z_len:(i + 1) * z_len], self.z_bits)]
             for i in range(self.l)]
        packed, begin, hints = rest[self.l * z_len:], 0, []
        for end in packed[self.omega:]:
            row = packed[begin:end]
            if not begin <= end <= self.omega or list(row) != sorted(set(row)):
                return False
            hints.append([int(i in row) for i in range(N)])
            begin = end
        if any(packed[begin:self.omega]):
            return False
        if bound and any(norm(p) >= self.gamma1 - self.beta for p in z):
            return False
        c, z = ntt(self.ball(challenge)), [ntt(p) for p in z]
        w = b""
        for i, row in enumerate(self.matrix(public[:32])):
            t = ntt([x << D for x in unpack(public[32 + 320 * i:352 + 320 * i], 10)])
            poly = inverse_ntt(minus(plus(*(times(a, p) for a, p in zip(row, z))), times(c, t)))
            w += pack([self.use_hint(h, x) for h, x in zip(hints[i], poly)], self.w_bits)
        return challenge == shake256(self.mu(public, message) + w, self.challenge)
