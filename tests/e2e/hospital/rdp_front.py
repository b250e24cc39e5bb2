"""One anteroom-rdp-front, started as the gateway does, between a client and a worker that the test plays; and what an RDP client says first."""
import datetime
import fcntl
import os
import pathlib
import select
import signal
import socket
import ssl
import struct
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .anteroom import BIN

SSL, HYBRID = 1, 2
COOKIE = b"Cookie: mstshash=sam\r\n"
CONNECT_INITIAL = bytes.fromhex("0300000d02f0807f65") + b"1234"  # the front looks at its length only
ERECT_DOMAIN = bytes.fromhex("0300000c02f0800401000100")
RDESKTOPS_ERECT_DOMAIN = bytes.fromhex("0300000c02f0800400010001")
WORKERS_CONFIRM = bytes.fromhex("030000130ed000001234000200080000000000")
PLAIN_REQUEST = bytes.fromhex("030000130ee000000000000100080000000000")
HELLO = CONNECT_INITIAL + ERECT_DOMAIN
NAME = "gate.hospital.example"


def tpkt(payload):
    return struct.pack(">BBH", 3, 0, len(payload) + 4) + payload


def request(protocols=SSL | HYBRID, token=COOKIE, flags=0, more=b"", negotiation=None, reference=0x4321):
    """An X.224 Connection Request (MS-RDPBCGR 2.2.1.1); `protocols` None: a client that does not negotiate."""
    if negotiation is None:
        negotiation = b"" if protocols is None else struct.pack("<BBHI", 1, flags, 8, protocols)
    body = struct.pack(">BHHB", 0xE0, 0, reference, 0) + token + negotiation + more
    return tpkt(bytes([len(body) & 255]) + body)


def answer(kind, value, flags=0, reference=0x4321):
    """What the front says to it: type, flags, length, value behind a Connection Confirm."""
    return tpkt(struct.pack(">BBHHB", 14, 0xD0, reference, 0, 0) + struct.pack("<BBHI", kind, flags, 8, value))


def exactly(sock, size, within=10):
    """So many bytes, or what came until the end."""
    sock.settimeout(within)
    got = b""
    while len(got) < size:
        try:
            part = sock.recv(min(size - len(got), 1 << 20))
        except ConnectionResetError:
            break  # it had not read all of ours
        if not part:
            break
        got += part
    return got


class Authority:
    """Root -> authority -> the gate's certificate."""

    def __init__(self, name=NAME):
        self.root_key, root = self._issue("Root", None, None)
        middle_key, middle = self._issue("Authority", self.root_key, root)
        self.key, leaf = self._issue(name, middle_key, middle, name)
        pem = lambda certificate: certificate.public_bytes(serialization.Encoding.PEM)
        self.root = pem(root).decode()
        secret = self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.identity = secret + pem(leaf) + pem(middle)
        self.leaf_only = secret + pem(leaf)
        self.certificate = leaf.public_bytes(serialization.Encoding.DER)

    @staticmethod
    def _issue(name, signer, issuer, host=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.subject if issuer else subject).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=9)))
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        else:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        return key, builder.sign(signer or key, hashes.SHA256())

    def context(self, newest=None):
        """A client's that trusts the root alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.root)
        if newest:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
        return context


def sealed(data):
    fd = os.memfd_create("identity", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)  # and the offset stays at the end: who reads by it finds nothing
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return fd


class Front:
    def __init__(self, authority, folder, identity=None, buffers=None):
        self.authority = authority
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.socket()
            if buffers:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
            self.client.connect(listener.getsockname())
            theirs, _ = listener.accept()
        self.plain, plain = socket.socketpair()
        self.log = pathlib.Path(folder) / "front.log"
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC)
        memory = sealed(authority.identity if identity is None else identity)
        high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 20) for one in (theirs.fileno(), plain.fileno(), memory)]
        program = str(BIN / "anteroom-rdp-front")
        self.pid = os.posix_spawn(program, [program], {}, file_actions=[(os.POSIX_SPAWN_DUP2, log, 2)] + [(os.POSIX_SPAWN_DUP2, fd, 3 + i) for i, fd in enumerate(high)])
        self.status = None
        for fd in (log, memory, *high):
            os.close(fd)
        theirs.close()
        plain.close()

    def negotiate(self, **how):
        self.client.sendall(request(**how))
        return exactly(self.client, 19)

    def handshake(self, context=None):
        """The client's TLS; what it was told before is checked elsewhere."""
        if not self.negotiate():
            raise AssertionError("no answer: " + self.log.read_text())
        self.client = (context or self.authority.context()).wrap_socket(self.client, server_hostname=NAME)
        return self.client

    def session(self):
        """Both ends, everything of the beginning behind them."""
        self.handshake()
        assert exactly(self.plain, 35)[:4] == b"ARDP"
        self.client.sendall(HELLO)
        assert exactly(self.plain, len(HELLO)) == HELLO
        self.plain.sendall(WORKERS_CONFIRM)
        return self.client, self.plain

    def lives(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is None

    def ends(self, within=5):
        """Seconds until it has ended."""
        began = time.monotonic()
        while self.lives():
            if time.monotonic() - began > within:
                raise AssertionError("it lives: " + self.log.read_text())
            time.sleep(0.01)
        return time.monotonic() - began

    def memory(self, *names):
        """kB of smaps_rollup."""
        fields = dict(line.split(":") for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:])
        return sum(int(fields[name].split()[0]) for name in names)

    def resident(self):
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def close(self):
        self.client.close()
        self.plain.close()
        if self.lives():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = -signal.SIGKILL


def readable(sock, within=0.0):
    return bool(select.select([sock], [], [], within)[0])


def fill(sock, quiet=0.5):
    """Sends a pattern until nobody takes any more for a while. How many bytes it was."""
    sock.setblocking(False)
    sent, deadline = 0, time.monotonic() + quiet
    while time.monotonic() < deadline:
        if not select.select([], [sock], [], 0.05)[1]:
            continue
        try:
            sent += sock.send(pattern(sent, 65536))
            deadline = time.monotonic() + quiet
        except (BlockingIOError, ssl.SSLWantWriteError):
            pass
    sock.setblocking(True)
    return sent


LETTERS = bytes(range(251)) * 600


def pattern(at, size):
    """Bytes that stand nowhere else but there (of a period that no buffer has)."""
    return LETTERS[at % 251:at % 251 + size]
