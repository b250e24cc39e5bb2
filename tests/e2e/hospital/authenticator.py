"""A security key in software (OpenSSH PROTOCOL.u2f): what a FIDO token would answer, and what a hostile one might."""
import base64
import hashlib
import struct

import paramiko
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from .wire import string

TOUCHED, VERIFIED = 0x01, 0x04


class SecurityKey(paramiko.PKey):
    """`flags`, `counter` and the application signed for are free to be wrong; `claimed_flags` are shown in place of those that were signed."""

    def __init__(self, kind="ed25519", application="ssh:", flags=TOUCHED, counter=1):
        self.kind = kind
        self.application = self.signs_for = application
        self.flags = flags
        self.claimed_flags = None
        self.counter = counter
        self.public_blob = None  # paramiko looks for a certificate here
        self.signed = []
        self.key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())

    def get_name(self):
        return "sk-ssh-ed25519@openssh.com" if self.kind == "ed25519" else "sk-ecdsa-sha2-nistp256@openssh.com"

    def point(self):
        if self.kind == "ed25519":
            return self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return self.key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

    def asbytes(self):
        curve = b"" if self.kind == "ed25519" else string("nistp256")
        return string(self.get_name()) + curve + string(self.point()) + string(self.application)

    def write_public(self, path):
        path.write_text(f"{self.get_name()} {base64.b64encode(self.asbytes()).decode()} token\n")
        return path

    def raw(self, data):
        if self.kind == "ed25519":
            return self.key.sign(data)
        r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return b"".join(string(paramiko.util.deflate_long(number)) for number in (r, s))

    def signature(self, data):
        """string algorithm, string signature, byte flags, u32 counter"""
        tail = struct.pack(">BI", self.flags, self.counter)
        message = hashlib.sha256(self.signs_for.encode()).digest() + tail + hashlib.sha256(data).digest()
        shown = tail if self.claimed_flags is None else struct.pack(">BI", self.claimed_flags, self.counter)
        return string(self.get_name()) + string(self.raw(message)) + shown

    def sign_ssh_data(self, data, algorithm=None):
        self.signed.append(self.signature(data))
        self.counter += 1
        return paramiko.Message(self.signed[-1])
