"""A passkey in software (WebAuthn level 2): what a phone would answer, and what a hostile one might."""
import base64
import hashlib
import json
import secrets
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    """RFC 8949, as much of it as an attestation needs."""
    def head(kind, number):
        for letter, size, code in (("B", 24, None), ("B", 1 << 8, 24), ("H", 1 << 16, 25), ("I", 1 << 32, 26)):
            if number < size:
                return bytes([kind << 5 | number]) if code is None else bytes([kind << 5 | code]) + struct.pack(">" + letter, number)
        raise ValueError(number)

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())
    raise TypeError(type(value))


class Passkey:
    """`flags`, `counter`, `origin` and `rp` are free to be wrong."""

    def __init__(self, origin, rp="localhost"):
        self.origin, self.rp = origin, rp
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.user = None
        self.counter = 0
        self.flags = PRESENT | VERIFIED

    def client_data(self, kind, challenge, **more):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **more}).encode()

    def authenticator_data(self, rest=b"", flags=0):
        return hashlib.sha256(self.rp.encode()).digest() + struct.pack(">BI", self.flags | flags, self.counter) + rest

    def create(self, options, name="a test's key"):
        """What is posted to /api/me/passkeys, for a PasskeyCreation."""
        self.user = unb64(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        public = cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        data = self.authenticator_data(bytes(16) + struct.pack(">H", len(self.id)) + self.id + public, ATTESTED)
        return {"nonce": options["nonce"], "name": name, "client_data": b64(self.client_data("webauthn.create", options["challenge"])),
                "attestation_object": b64(cbor({"fmt": "none", "attStmt": {}, "authData": data})), "transports": ["internal"]}

    def use(self, options, kind="webauthn.get", **more):
        """An Assertion with its nonce, for a PasskeyRequest."""
        client_data, data = self.client_data(kind, options["challenge"], **more), self.authenticator_data()
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return {"nonce": options["nonce"], "id": b64(self.id), "client_data": b64(client_data), "authenticator_data": b64(data), "signature": b64(signature),
                "user_handle": b64(self.user) if self.user else None}


def proven_decision(fields):
    """What the evidence in an audit record says was decided, once its signature has been verified over exactly that: (method, path, If-Match, body)."""
    body = unb64("".join(fields[name] for name in ["signed_body"] + [f"signed_body_{number}" for number in range(2, 30)] if name in fields))
    parts = [fields["signed_person"].encode(), fields["signed_method"].encode(), fields["signed_path"].encode(), fields["signed_if_match"].encode(), body, unb64(fields["signed_nonce"])]
    challenge = hashlib.sha256(b"anteroom decision v1" + b"".join(struct.pack(">I", len(part)) + part for part in parts)).digest()
    client_data, data = unb64(fields["client_data"]), unb64(fields["authenticator_data"])
    said = json.loads(client_data)
    assert said["type"] == "webauthn.get" and said["challenge"] == b64(challenge), "the challenge is not that of the decision"
    assert data[32] & (PRESENT | VERIFIED) == PRESENT | VERIFIED, "no user verification"
    assert data[:32] == hashlib.sha256(b"localhost").digest()
    point = unb64(fields["public_key"])
    assert fields["algorithm"] == "-7" and len(point) == 64
    key = ec.EllipticCurvePublicNumbers(int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big"), ec.SECP256R1()).public_key()
    key.verify(unb64(fields["signature"]), data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))  # raises where it is none
    return fields["signed_method"], fields["signed_path"], fields["signed_if_match"], json.loads(body)
