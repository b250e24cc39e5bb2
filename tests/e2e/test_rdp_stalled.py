"""A thousand RDP clients that begin and never go on: no large worker is started for them, both doors stay open, and nothing is left behind."""
import contextlib
import os
import pathlib
import socket
import ssl
import time

import pytest
import yaml

from hospital.anteroom import Anteroom, as_yaml, new_source
from hospital.rdp_front import SSL, answer, exactly, request
from hospital.sshd import free_port


@pytest.fixture(scope="module")
def gate():
    here = Anteroom()
    try:
        here.init()
        here.rdp_port = free_port()
        file = here.dir / "anteroom.yaml"
        document = yaml.safe_load(file.read_text())
        document["listen"]["rdp"] = f"127.0.0.1:{here.rdp_port}"
        file.write_text(as_yaml(document))
        here.serve()
        until(lambda: listening(here.rdp_port))
        yield here
    finally:
        here.remove()


def listening(port):
    """Looked up, not tried: a connection would be one of those that are counted."""
    return any(f":{port:04X} 00000000:0000 0A" in line for line in pathlib.Path("/proc/net/tcp").read_text().splitlines())


def until(what, within=30):
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def knock(port, source=None):
    return socket.create_connection(("127.0.0.1", port), 20, source_address=(source or new_source(), 0))


def descriptors(here):
    return len(os.listdir(f"/proc/{here.programs('anteroom-gateway')[0]}/fd"))


def shake_hands(here):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with knock(here.rdp_port) as sock:
        sock.sendall(request())
        assert exactly(sock, 19, 20) == answer(2, SSL, flags=1)
        with context.wrap_socket(sock) as tls:
            assert tls.version() == "TLSv1.3"


def test_a_thousand_stalled_handshakes_start_no_worker(gate):
    before = descriptors(gate)
    begun = (b"", request()[:9], request(), request() + b"\x16\x03\x01\x02\x00")
    sources = [new_source() for _ in range(10)]
    most = 0
    with contextlib.ExitStack() as stalled:
        for number in range(1000):
            one = stalled.enter_context(knock(gate.rdp_port, sources[number % len(sources)]))
            with contextlib.suppress(ConnectionError):  # beyond the limit it is closed at once
                one.sendall(begun[number % len(begun)])
            if number % 50 == 49:
                assert not gate.programs("anteroom-rdp"), "a worker for a client that did nothing"
                most = max(most, len(gate.programs("anteroom-rdp-front")))
        assert 20 < most <= 110, "as many as the limit lets in"
        with knock(gate.port) as other:
            assert exactly(other, 8, 20) == b"SSH-2.0-", "the other door is shut, too"
        shake_hands(gate)
        until(lambda: not gate.programs("anteroom-rdp-front"))
    until(lambda: not gate.programs("anteroom-rdp"))
    until(lambda: descriptors(gate) <= before)
