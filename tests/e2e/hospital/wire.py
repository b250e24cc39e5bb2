"""SSH below what clients offer: paramiko driven step by step, and packets in the clear before the key exchange (RFC 4253)."""
import contextlib
import os
import struct
import threading

import paramiko

DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG, SERVICE_REQUEST, EXT_INFO = 1, 2, 3, 4, 5, 7
KEXINIT, NEWKEYS, KEX_ECDH_INIT, KEX_ECDH_REPLY = 20, 21, 30, 31
STRICT = "kex-strict-c-v00@openssh.com"


class Asked:
    """Answers keyboard-interactive and keeps what was asked: [(instruction, [(prompt, echo)])]."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.rounds = []

    def __call__(self, title, instruction, prompts):
        self.rounds.append((instruction, [(text, bool(echo)) for text, echo in prompts]))
        given = []
        for _ in prompts:
            one = self.answers.pop(0) if self.answers else ""
            given.append(one() if callable(one) else one)
        return given


@contextlib.contextmanager
def transport(anteroom, source=None, start=True):
    """A connection whose host key was compared with the installation's."""
    sock = anteroom.connect(source)
    one = paramiko.Transport(sock)
    one.banner_timeout = one.handshake_timeout = one.auth_timeout = 30
    try:
        if start:
            one.start_client(timeout=30)
            shown = one.get_remote_server_key().get_base64()
            assert shown in (anteroom.dir / "host-keys.pub").read_text(), "not the installation's host key"
        yield one
    finally:
        one.close()
        sock.close()


def key_of(person):
    return paramiko.Ed25519Key.from_private_key_file(str(person.key))


def sign_in(one, person, where, way="interactive", code=None):
    """Through to an open session, or paramiko's exception."""
    user = person.name + ("+" + where if where else "")
    asked = Asked()
    if way == "interactive":
        asked.answers = [person.password, code or person.fresh_code]
    elif way == "password":
        assert one.auth_password(user, person.password, fallback=False) == ["keyboard-interactive"]
        asked.answers = [code or person.fresh_code]
    else:
        assert one.auth_publickey(user, key_of(person)) == ["keyboard-interactive"]
        asked.answers = [code or person.fresh_code]
    assert one.auth_interactive(user, asked) == []
    return asked


class WrongSignature(paramiko.Ed25519Key):
    """A key whose public half is shown and whose signatures are somebody else's."""

    def sign_ssh_data(self, data, algorithm=None):
        other = paramiko.Ed25519Key.from_private_key_file(self.other) if hasattr(self, "other") else None
        if other:
            return other.sign_ssh_data(data)
        right = super().sign_ssh_data(data).asbytes()
        return paramiko.Message(right[:-1] + bytes([right[-1] ^ 1]))


def string(data):
    data = data.encode() if isinstance(data, str) else data
    return struct.pack(">I", len(data)) + data


def packet(payload):
    padding = 8 - (len(payload) + 5) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + os.urandom(padding)


def kexinit(kex=("curve25519-sha256", STRICT), host_keys=("ssh-ed25519", "rsa-sha2-512")):
    lists = [kex, host_keys, ("aes256-gcm@openssh.com",), ("aes256-gcm@openssh.com",), ("hmac-sha2-256",), ("hmac-sha2-256",), ("none",), ("none",), (), ()]
    return bytes([KEXINIT]) + os.urandom(16) + b"".join(string(",".join(one)) for one in lists) + b"\0" + struct.pack(">I", 0)


class Clear:
    """A connection before encryption."""

    def __init__(self, sock, banner=b"SSH-2.0-OpenSSH_9.2 e2e\r\n"):
        self.sock = sock
        self.buffer = b""
        self.sock.sendall(banner)

    def _take(self, size):
        while len(self.buffer) < size:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError
            self.buffer += more
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def line(self):
        text = b""
        while not text.endswith(b"\n"):
            text += self._take(1)
        return text

    def send(self, *payloads):
        self.sock.sendall(b"".join(packet(one) for one in payloads))

    def receive(self):
        size, padding = struct.unpack(">IB", self._take(5))
        return self._take(size - 1)[:size - 1 - padding]

    def name_lists(self, payload):
        """The ten lists of a KEXINIT."""
        at, lists = 17, []
        for _ in range(10):
            (size,) = struct.unpack_from(">I", payload, at)
            lists.append(payload[at + 4:at + 4 + size].decode().split(","))
            at += 4 + size
        return lists


def in_parallel(jobs):
    """Runs each in a thread of its own; results in order, an exception in place of a result."""
    results = [None] * len(jobs)

    def run(index, job):
        try:
            results[index] = job()
        except Exception as error:  # noqa: BLE001 - given to the test
            results[index] = error

    threads = [threading.Thread(target=run, args=(i, job), daemon=True) for i, job in enumerate(jobs)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    return results
