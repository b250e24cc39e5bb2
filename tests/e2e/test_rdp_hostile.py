"""Clients that mean no good: garbage before and behind the handshake, old TLS, a lobby kept open. (A thousand that stall: test_rdp_stalled.py.)"""
import contextlib
import os
import socket
import ssl

import pytest
from hospital.anteroom import new_source
from hospital.rdp_scene import clinic, lobby, until  # noqa: F401

# X.224 Connection Request with a cookie and requestedProtocols TLS (MS-RDPBCGR 4.1.1).
COOKIE = b"Cookie: mstshash=x\r\n"
NEGOTIATE = bytes.fromhex("0100080001000000")


def request(cookie=COOKIE, tail=NEGOTIATE):
    body = bytes([6 + len(cookie) + len(tail), 0xe0, 0, 0, 0, 0, 0]) + cookie + tail
    return b"\x03\x00" + (4 + len(body)).to_bytes(2, "big") + body


def connect(clinic, source=None):
    return socket.create_connection(("127.0.0.1", clinic.rdp_port), 10, source_address=(source or new_source(), 0))


def closed(sock, within=10):
    sock.settimeout(within)
    with contextlib.suppress(ConnectionError):
        while sock.recv(65536):
            pass
    return True


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"SSH-2.0-OpenSSH\r\n", b"\x03\x00\xff\xff" + b"A" * 2000,
                                   b"\x03\x00\x00\x04", request(tail=b"\x01\x00\x07\x00\x01\x00\x00\x00"), request(cookie=b"Cookie: mstshash=" + b"x" * 200),
                                   request(tail=b""), request(tail=bytes.fromhex("0100080000000000"))], ids=range(9))
def test_what_is_no_connection_request_for_tls_is_closed(clinic, first):
    with connect(clinic) as one:
        one.sendall(first)
        assert closed(one)


@pytest.mark.parametrize("after", [b"", os.urandom(4000), b"\x03\x00\x00\x05\x02" * 300, b"\x03\x00\xff\xff\x02\xf0\x80" + bytes(70000)], ids=range(4))
def test_garbage_behind_a_good_handshake_ends_that_connection_only(clinic, after):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connect(clinic) as one:
        one.sendall(request())
        head = one.recv(19)
        assert head[:2] == b"\x03\x00" and head[5] == 0xd0 and int.from_bytes(head[-4:], "little") == 1, head
        with contextlib.suppress(OSError), context.wrap_socket(one, server_hostname="x") as tls:
            assert tls.version() in ("TLSv1.2", "TLSv1.3")
            if not after:
                tls.shutdown(socket.SHUT_WR)
            else:
                tls.sendall(after)
            closed(tls)
    until(lambda: not clinic.fronts() and not clinic.workers(), 15)
    assert clinic.process.poll() is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(clinic):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with connect(clinic) as one:
        one.sendall(request())
        one.recv(19)
        with pytest.raises(OSError):
            context.wrap_socket(one, server_hostname="x")


def test_nobody_keeps_a_lobby_for_ever(clinic):
    """The login has its deadline (limits.login), whatever the client does."""
    person = clinic.staff()
    with clinic.xfreerdp(person, "pacs-1") as client:
        lobby(client)
        client.ended(40)
    assert not clinic.sessions(person)


def test_a_client_with_a_screen_that_no_recording_holds_gets_a_smaller_one(clinic):
    person = clinic.staff()
    with clinic.xfreerdp(person, "pacs-1", width=8500, height=400) as client:
        until(lambda: 8192 in [one.get_geometry().width for one in client.display.root.query_tree().children], 20)
        lobby(client)


@pytest.fixture(scope="module")
def limits():
    return {"login": "25s"}
