# SPDX-License-Identifier: Apache-2.0
"""A second opinion on wolfBoot images: a reader of its own, written from docs/formats/image-wolfboot.md alone,
which checks signatures with the library `cryptography`."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, utils

DIGESTS = {0x03: ("sha256", 32), 0x13: ("sha3_384", 48), 0x14: ("sha384", 48)}
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha3_384": hashes.SHA3_384()}


class Wrong(Exception):
    pass


def entries(header):
    """(offset of the entry, tag, value), as the page says they are found."""
    off = 8
    while off + 4 < len(header):
        tag, length = (int.from_bytes(header[off + i:off + i + 2], "little") for i in (0, 2))
        if tag == 0:
            return
        if header[off] == 0xFF or off % 2:
            off += 1
            continue
        if off + 4 + length > len(header):
            raise Wrong(f"entry at {off:#x} reaches beyond the header")
        yield off, tag, header[off + 4:off + 4 + length]
        off += 4 + length


def read(image, header_size):
    """What the image says, with its digest checked."""
    header, size = image[:header_size], int.from_bytes(image[4:8], "little")
    payload = image[header_size:header_size + size]
    if header[:4] != b"WOLF" or size == 0 or len(payload) != size:
        raise Wrong("no image, or cut short")
    found = {"header": header_size, "payload": payload, "tags": []}
    for off, tag, value in entries(header):
        found["tags"].append(tag)
        found.setdefault(tag, value)
        if tag in DIGESTS and "hash" not in found:
            found["hash"], length = DIGESTS[tag]
            found["digest"] = hashlib.new(found["hash"], header[:off] + payload).digest()
            if len(value) != length or value != found["digest"]:
                raise Wrong("another digest")
    found["version"] = int.from_bytes(found[0x01], "little")
    found["part"], found["auth"] = found[0x04]
    return found


def verify(found, key):
    """key: the raw public key, as wolfBoot's tool exports it."""
    digest, signature, kind = found["digest"], found[0x20], HASHES[found["hash"]]
    if found[0x10] != hashlib.new(found["hash"], key).digest():
        raise Wrong("hint of another key")
    try:
        if found["auth"] == 1:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, digest)
        elif found["auth"] == 2:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + key)
            der = utils.encode_dss_signature(*(int.from_bytes(signature[i:i + 32], "big") for i in (0, 32)))
            point.verify(der, digest[:32], ec.ECDSA(utils.Prehashed(hashes.SHA256())))  # the leftmost bits count
        elif found["auth"] in (0x0C, 0x0D, 0x0E):
            pss = padding.PSS(padding.MGF1(kind), len(digest))
            serialization.load_der_public_key(key).verify(signature, digest, pss, utils.Prehashed(kind))
        elif found["auth"] in (3, 4, 8):
            rsa = serialization.load_der_public_key(key)
            text = rsa.recover_data_from_signature(signature, padding.PKCS1v15(), None)
            if text != digest and not (len(text) == 19 + len(digest) and text.endswith(digest)):
                raise Wrong("another digest in the signature")
        else:
            raise Wrong(f"no verifier for {found['auth']:#x}")
    except InvalidSignature as e:
        raise Wrong("wrong signature") from e
