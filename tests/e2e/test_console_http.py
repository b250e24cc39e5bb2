"""The console's web server against whoever speaks HTTP, TLS and WebSocket to it otherwise than a browser; the broker is played."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import select
import signal
import ssl
import subprocess
import time

import pytest

from hospital.anteroom import BIN
from hospital.house import until
from hospital.web import TOKEN, Web

COOKIE = ("Cookie", f"__Host-anteroom={TOKEN}")
PROTECTION = {"strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
              "cross-origin-resource-policy": "same-origin", "x-frame-options": "DENY"}


@pytest.fixture(scope="module")
def web():
    one = Web().start()
    yield one
    one.stop()


@pytest.fixture(autouse=True)
def as_it_was(web):
    web.broker.seen.clear()
    yield
    web.broker.answer = web.broker.hear = web.broker.watched = None


def lives(web):
    answer = web.ask("/api/me")
    assert answer.status == 200 and answer.json["path"] == "/api/me"


def test_a_call_arrives_as_it_was_sent_and_its_answer_goes_back(web):
    body = b'{"user":"dana","password":"p","code":"1"}'
    answer = web.ask("/api/sign-in", "POST", body, fields=[COOKIE, ("X-Anteroom-CSRF", "c-1"), ("If-Match", '"7-1"'), ("User-Agent", "Mozilla/5.0 \x80\x81 (x)")])
    assert answer.status == 200 and answer["content-type"] == "application/json"
    (call,) = web.broker.calls()
    assert call["method"] == "POST" and call["path"] == "/api/sign-in" and call["body"] == body.decode()
    assert call["session"] == TOKEN and call["csrf"] == "c-1" and call["if_match"] == '"7-1"' and call["source"] == "127.0.0.1"
    assert call["agent"].startswith("Mozilla/5.0 ") and call["agent"].isascii() and len(call["agent"]) <= 200


def test_the_query_is_passed_on_undecoded(web):
    web.ask("/api/audit?since=2026-01-01T00%3A00%3A00Z&person=x+y")
    (call,) = web.broker.calls()
    assert call["path"] == "/api/audit" and call["query"] == "since=2026-01-01T00%3A00%3A00Z&person=x+y"


def test_head_asks_as_get_does_and_sends_no_body(web):
    answer = web.ask("/api/me", "HEAD")
    assert answer.status == 200 and int(answer["content-length"]) > 2 and answer.body == b""
    assert web.broker.calls()[0]["method"] == "GET"


def test_what_the_broker_says_becomes_http(web):
    web.broker.answer = lambda broker, call: broker.say("WebAnswer", number=call["number"], status=409, json='{"status":409}', etag='"8-2"', retry_after=17)
    answer = web.ask("/api/requests/8")
    assert answer.status == 409 and answer["content-type"] == "application/problem+json" and answer["etag"] == '"8-2"' and answer["retry-after"] == "17"
    assert answer["set-cookie"] is None


def test_a_new_session_is_a_cookie_of_this_host_alone(web):
    web.broker.answer = lambda broker, call: broker.say("WebAnswer", number=call["number"], status=200, json="{}", session="b" * 43)
    answer = web.ask("/api/sign-in", "POST", b"{}")
    assert answer["set-cookie"] == f"__Host-anteroom={'b' * 43}; Path=/; Secure; HttpOnly; SameSite=Strict"
    web.broker.answer = lambda broker, call: broker.say("WebAnswer", number=call["number"], status=200, json="{}", forget_session=True)
    assert web.ask("/api/sign-out", "POST", b"{}")["set-cookie"] == "__Host-anteroom=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"


def test_what_would_break_out_of_a_header_is_not_passed_on(web):
    for hostile in ({"session": "x\r\nSet-Cookie: evil=1"}, {"session": "short"}, {"status": 99}, {"status": 0}):
        web.broker.answer = lambda broker, call, h=hostile: broker.say("WebAnswer", number=call["number"], **{"status": 200, "json": "{}", **h})
        assert web.ask("/api/me").status == 502
    web.broker.answer = lambda broker, call: broker.say("WebAnswer", number=call["number"], status=200, json="{}", etag='"x"\r\nEvil: 1')
    assert web.ask("/api/me")["evil"] is None


def test_a_long_answer_comes_whole(web):
    pieces = ["x" * 100000] * 20

    def answer(broker, call):
        for i, piece in enumerate(pieces):
            broker.say("WebAnswer", number=call["number"], status=200 if i == 0 else 500, json=piece, more=i + 1 < len(pieces))

    web.broker.answer = answer
    got = web.ask("/api/audit")
    assert got.status == 200 and got.body.decode() == "".join(pieces)


def test_an_answer_without_end_is_cut(web):
    def answer(broker, call):
        for _ in range(60):
            broker.say("WebAnswer", number=call["number"], status=200, json="x" * 100000, more=True)

    web.broker.answer = answer
    assert web.ask("/api/audit").status in (502, 503)
    web.broker.answer = None
    lives(web)


def test_answers_of_others_go_to_nobody(web):
    """A number that nobody asked about, answered twice, or answered after its caller has left."""
    def answer(broker, call):
        broker.say("WebAnswer", number=call["number"] + 1000, status=200, json='"stray"')
        broker.say("WebAnswer", number=call["number"], status=200, json='"mine"')
        broker.say("WebAnswer", number=call["number"], status=200, json='"again"')

    web.broker.answer = answer
    assert [web.ask("/api/me").json for _ in range(5)] == ["mine"] * 5


def test_one_connection_serves_one_request_after_the_other(web):
    client = web.client()
    for i in range(30):
        client.request("GET", f"/api/requests?state={i}")
        answer = client.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["query"] == f"state={i}"
    client.request("GET", "/api/a/../b")  # http.client sends it as it is
    answer = client.getresponse()
    assert answer.status == 400 and answer.read()
    client.close()


def test_requests_that_come_together_are_answered_in_order(web):
    head = f"Host: {web.host}\r\n"
    data = "".join(f"GET /api/n?{i} HTTP/1.1\r\n{head}" + ("Connection: close\r\n" if i == 4 else "") + "\r\n" for i in range(5))
    got = web.raw(data.encode())
    assert [f'"query": "{i}"'.encode() in part for i, part in enumerate(got.split(b"HTTP/1.1 200 OK")[1:])] == [True] * 5


def test_every_answer_is_protected(web):
    answers = [web.ask("/"), web.ask("/approvals"), web.ask("/assets/none.js"), web.ask("/api/me"), web.ask("/api/me", "POST", b"{}", without=("Origin",)), web.ask("/", "DELETE"),
               web.ask("/", host="evil"), web.ask("/%2e"), web.ask("/api/events", "POST", b"{}"), web.ask("/api/watch", fields=[COOKIE]),
               *map(first_answer, (web.raw(b"nonsense\r\n\r\n"), web.raw(b"GET / HTTP/1.0\r\n\r\n"), web.raw(b"GET / HTTP/1.1\r\nHost: " + b"x" * 20000)))]
    _, upgraded = web.websocket(fields=[("Origin", "https://evil.example")])
    for answer in [*answers, upgraded]:
        for name, value in PROTECTION.items():
            assert answer[name] == value, (answer.status, name)
        policy = answer["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
        assert answer["cache-control"] == "no-store" and answer["server"] is None


def first_answer(raw):
    from hospital.web import Answered
    return Answered(raw)


def test_own_errors_are_problems(web):
    for answer in (web.ask("/api/me", "POST", b"{}", without=("Origin",)), web.ask("/%2e"), web.ask("/", host="evil"), web.ask("/", "PUT")):
        assert answer["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status and answer.json["detail"] and answer.json["title"]


def test_a_page_has_a_nonce_of_its_own(web):
    nonces = {web.ask("/")["content-security-policy"].split("'nonce-")[1].split("'")[0] for _ in range(5)}
    assert len(nonces) == 5 and all(len(one) >= 22 for one in nonces)


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "localhost:1", "", "localhost:{port}.evil", "evil@localhost:{port}"])
def test_another_name_is_refused(web, host):
    for target in ("/", "/api/me"):
        assert web.ask(target, host=host.format(port=web.port)).status == 421
    assert not web.broker.calls()


def test_what_another_page_sends_is_refused(web):
    hostile = [[("Origin", "https://evil.example")], [("Origin", "null")], [("Origin", f"http://{web.host}")], [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
               [("Content-Type", "text/plain")], [("Content-Type", "application/x-www-form-urlencoded")]]
    for fields in hostile:
        assert web.ask("/api/sign-in", "POST", b"{}", fields=[COOKIE, *fields]).status in (403, 415), fields
    assert web.ask("/api/sign-in", "POST", b"{}", without=("Origin",)).status == 403
    assert web.ask("/api/me", fields=[COOKIE, ("Sec-Fetch-Site", "cross-site")]).status == 403
    assert web.ask("/api/events", fields=[COOKIE, ("Origin", "https://evil.example")]).status == 403
    assert not web.broker.seen


def test_a_cookie_that_is_there_twice_is_refused(web):
    twice = f"__Host-anteroom={TOKEN}; __Host-anteroom={'b' * 43}"
    assert web.ask("/api/me", fields=[("Cookie", twice)]).status == 400
    got = web.raw(f"GET /api/me HTTP/1.1\r\nHost: {web.host}\r\nConnection: close\r\nCookie: __Host-anteroom={TOKEN}\r\nCookie: __Host-anteroom={'b' * 43}\r\n\r\n".encode())
    assert got.startswith(b"HTTP/1.1 400 ")
    assert not web.broker.calls()
    assert web.ask("/api/me", fields=[("Cookie", f"a=b; {COOKIE[1]}; theirs=\"x y\"")]).status == 200
    assert web.broker.calls()[0]["session"] == TOKEN


@pytest.mark.parametrize("target", ["//", "/api//me", "/api/../api/me", "/api/./me", "/api/%6de", "/api/%2e%2e/me", "/api%2fme", "/api/me%00", "/api/me%0d%0aX:1", "/api\\me", "/%2e%2e/%2e%2e/etc/passwd",
                                    "/assets/../../../etc/passwd", "/assets/%2e%2e%2fx", "/..%5c", "/api/%", "/%25%32%65", "https://localhost:{port}/api/me", "http://evil/", "*", "localhost:{port}",
                                    "/api/me#x", "/api/me?<x>", "/" + "a" * 5000])
def test_odd_addresses_lead_nowhere(web, target):
    assert web.ask(target.format(port=web.port)).status in (400, 414)
    assert not web.broker.calls()


def smuggled(web, fields, body=b"", line="POST /api/x HTTP/1.1"):
    return (f"{line}\r\nHost: {web.host}\r\nOrigin: {web.origin}\r\nContent-Type: application/json\r\n{fields}\r\n").encode() + body


def test_nothing_is_smuggled_behind_a_request(web):
    hidden = f"GET /api/hidden HTTP/1.1\r\nHost: {web.host}\r\n\r\n".encode()
    chunked = b"0\r\n\r\n" + hidden
    variants = ["Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:chunked\r\n",
                "Transfer-Encoding: identity, chunked\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding\t: chunked\r\n", " Transfer-Encoding: chunked\r\n", "X: y\r\n Transfer-Encoding: chunked\r\n",
                "Transfer-Encoding:\x0bchunked\r\n", "X: y\nTransfer-Encoding: chunked\r\n", "Content-Length: 0\r\nContent-Length: 5\r\n", "Content-Length: 5, 0\r\n", "Content-Length: 0x0\r\n",
                "Content-Length: -1\r\n", "Content-Length : 0\r\n", "Content-Length: 0\r\nContent-length: 70\r\n", "Content-Length: 18446744073709551616\r\n", ""]
    for fields in variants:
        got = web.raw(smuggled(web, fields, chunked))
        assert got.startswith((b"HTTP/1.1 400", b"HTTP/1.1 411", b"HTTP/1.1 413", b"HTTP/1.1 501")), (fields, got[:60])
        assert got.count(b"HTTP/1.1 ") == 1, fields
    assert not web.broker.calls()


def test_bodies_have_their_measure(web):
    assert web.ask("/api/x", "POST", b"x" * 65536).status == 200
    assert len(web.broker.calls()[0]["body"]) == 65536
    assert web.ask("/api/x", "POST", b"", fields=[("Content-Length", "65537")]).status == 413
    assert web.ask("/api/x", "POST", b"", fields=[("Content-Length", "9999999999")]).status == 413
    assert web.ask("/api/me", fields=[("Content-Length", "5")]).status == 400
    assert len(web.broker.calls()) == 1


def test_heads_have_their_measure(web):
    assert first_answer(web.raw(f"GET / HTTP/1.1\r\nHost: {web.host}\r\n".encode() + b"x: y\r\n" * 200 + b"\r\n")).status == 400
    assert first_answer(web.raw(f"GET / HTTP/1.1\r\nHost: {web.host}\r\nx: ".encode() + b"y" * 17000 + b"\r\n\r\n")).status == 431
    with web.tls() as line:  # without end
        line.sendall(b"GET / HTTP/1.1\r\nx: ")
        with pytest.raises(OSError):
            for _ in range(5000):
                line.sendall(b"y" * 8192)
    lives(web)


def test_a_body_that_does_not_come_ends_its_connection(web):
    began = time.monotonic()
    got = web.raw(smuggled(web, "Content-Length: 100\r\n", b"x" * 99), timeout=40)
    assert got == b"" and time.monotonic() - began < 35
    assert not web.broker.calls()


def test_a_thousand_stalled_handshakes_hinder_nobody(web):
    hello = client_hello(web)
    stalled = []
    try:
        for i in range(1000):
            one = web.tcp(30)
            if i % 3 == 1:
                one.sendall(hello[:len(hello) // 2])
            elif i % 3 == 2:
                one.sendall(hello)
            stalled.append(one)
        for _ in range(5):
            lives(web)
        client = web.client()
        client.request("GET", "/api/me")
        assert client.getresponse().read()
        time.sleep(12)  # each has ten seconds
        lives(web)
        over = 0
        for one in stalled:
            one.settimeout(5)
            try:
                while data := one.recv(65536):
                    assert data
                over += 1
            except ConnectionResetError:
                over += 1
        assert over == len(stalled)
    finally:
        for one in stalled:
            one.close()
    lives(web)


def client_hello(web):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    half = web.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        half.do_handshake()
    return outgoing.read()


def test_slow_heads_are_not_waited_for(web):
    with web.tls(40) as line:
        began = time.monotonic()
        with pytest.raises(OSError):
            line.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(60):
                line.sendall(b"x: y\r\n")
                time.sleep(0.5)
                line.settimeout(0.01)
                try:
                    if line.recv(1) == b"":
                        raise ConnectionResetError
                except TimeoutError:
                    pass
                finally:
                    line.settimeout(40)
        assert time.monotonic() - began < 20
    lives(web)


def test_more_connections_than_there_is_room_for_push_out_those_that_only_wait(web):
    held = []
    try:
        for _ in range(2600):
            held.append(web.tcp(10))
        lives(web)
    finally:
        for one in held:
            one.close()
    lives(web)


@pytest.mark.parametrize("known", [False, True])
def test_a_made_up_cookie_is_nobodys_place(known):
    """Strangers give way to the next; those whom the broker knows do not, and only it says who they are."""
    web, held = Web(), []
    program = web.home / "with-few-places"
    program.write_text(f'#!/bin/sh\nulimit -n 400\nexec {BIN}/anteroom-web "$@"\n')
    program.chmod(0o700)
    web.broker.answer = lambda broker, call: broker.say("WebAnswer", number=call["number"], status=200, json='{"path":"/api/me"}', known=known)
    try:
        web.start(program)
        with contextlib.suppress(OSError):
            for _ in range(300):
                held.append(web.tls(5))
                held[-1].sendall(f"GET /api/site HTTP/1.1\r\nHost: {web.host}\r\nCookie: {COOKIE[1]}\r\n\r\n".encode())
                if not held[-1].recv(4096).startswith(b"HTTP/1.1 200"):
                    break
        if known:
            assert len(held) < 300, "these are more connections than there are places: otherwise this shows nothing"
        else:
            assert len(held) == 300
            lives(web)
    finally:
        for one in held:
            one.close()
        web.stop()


def test_noise_is_no_request(web):
    for data in (b"", b"\r\n\r\n", b"\0" * 1000, os.urandom(4000), b"GET / HTTP/1.1\r\n" + b"\r\n" * 50, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01" * 100 + b"\r\n\r\n"):
        with web.tls() as line:
            line.sendall(data or b"x")
            line.unwrap() if not data else None
            got = b""
            line.settimeout(12)
            try:
                got = line.recv(65536)
            except OSError:
                pass
            assert got == b"" or got.startswith(b"HTTP/1.1 4") or got.startswith(b"HTTP/1.1 505")
    with web.tcp() as plain:  # HTTP without TLS
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not plain.recv(65536).startswith(b"HTTP")
    lives(web)


# ---- TLS

def test_tls_is_1_3_alone(web):
    with web.tls() as line:
        assert line.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        web.tls(context=web.context(maximum_version=ssl.TLSVersion.TLSv1_2))


def test_tls_1_2_where_it_is_allowed_keeps_secrets_forward():
    web = Web(tls12=True).start()
    try:
        context = web.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        with web.tls(context=context) as line:
            assert line.version() == "TLSv1.2" and line.cipher()[0].startswith("ECDHE-") and ("GCM" in line.cipher()[0] or "POLY1305" in line.cipher()[0])
        context.set_ciphers("ECDHE+AES:!AESGCM:@SECLEVEL=0")
        with pytest.raises(ssl.SSLError):
            web.tls(context=context)
    finally:
        web.stop()


def test_no_session_is_resumed_and_only_http_1_1_is_spoken(web):
    context = web.context()
    with web.tls(context=context) as line:
        line.sendall(f"GET /api/me HTTP/1.1\r\nHost: {web.host}\r\n\r\n".encode())
        line.recv(65536)
        session = line.session
    assert session is None or not session.has_ticket
    context.set_alpn_protocols(["h2", "http/1.1"])
    with web.tls(context=context) as line:
        assert line.selected_alpn_protocol() == "http/1.1"
    context.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        web.tls(context=context)


# ---- events

def stream(web, fields=(), path="/api/events"):
    line = web.tls(30)
    own = {"Host": web.host, "Cookie": f"__Host-anteroom={TOKEN}", "Accept": "text/event-stream"} | dict(fields)
    line.sendall((f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in own.items()) + "\r\n").encode())
    return line


def read_until(line, wanted):
    got = b""
    while wanted not in got:
        data = line.recv(65536)
        assert data, got
        got += data
    return got


def test_events_come_as_they_happen(web):
    with stream(web, [("Last-Event-ID", "77")]) as line:
        got = read_until(line, b'data: {"topic":"hello"}\n\n')
        assert b"Content-Type: text/event-stream\r\n" in got and b"id: 1000\n" in got and b"event:" not in got and b"retry: 2000\n" in got
        (asked,) = web.broker.calls("WebListen")
        assert asked["session"] == TOKEN and asked["after"] == 77
        web.broker.say("WebEvent", number=asked["number"], id=1001, topic="request", json='{"topic":"request",\n"id":7}')
        assert read_until(line, b"\n\n") == b'id: 1001\ndata: {"topic":"request", "id":7}\n\n'
        assert read_until(line, b"\n\n") == b": \n\n"  # a heartbeat, 15 s later
    assert web.broker.wait_for("WebOver", within=5)[0]["number"] == asked["number"], "who has left is known at once"


@pytest.mark.parametrize("path,fields,after", [("/api/events?after=78", [], 78), ("/api/events?after=78", [("Last-Event-ID", "80")], 80), ("/api/events?after=", [], 0),
                                               ("/api/events?after=-1", [], 0), ("/api/events?after=18446744073709551616", [], 0), ("/api/events?later=9&after=78", [], 0)])
def test_a_stream_goes_on_behind_what_its_page_knows(web, path, fields, after):
    with stream(web, fields, path) as line:
        read_until(line, b"hello")
        assert web.broker.calls("WebListen")[-1]["after"] == after


def test_events_end_when_the_broker_says_so(web):
    with stream(web) as line:
        read_until(line, b"hello")
        web.broker.say("WebEnd", number=web.broker.calls("WebListen")[0]["number"], sentence="signed out")
        assert read_all_of(line) == b""


def read_all_of(line):
    out = b""
    while data := line.recv(65536):
        out += data
    return out


def test_nobody_listens_without_a_session(web):
    web.broker.hear = lambda broker, asked: broker.say("WebAnswer", number=asked["number"], status=401, json='{"status":401}')
    answer = web.ask("/api/events")
    assert answer.status == 401 and answer["content-type"] == "application/problem+json"


def test_one_session_has_only_so_many_streams(web):
    lines = []
    try:
        for _ in range(8):
            lines.append(stream(web))
            read_until(lines[-1], b"hello")
        assert web.ask("/api/events", fields=[COOKIE]).status == 429
        other = web.ask("/api/me")
        assert other.status == 200
    finally:
        for line in lines:
            line.close()


def test_who_does_not_read_is_let_go(web):
    line = stream(web)
    read_until(line, b"hello")
    number = web.broker.calls("WebListen")[-1]["number"]

    def over():
        return [one for one in web.broker.calls("WebOver") if one["number"] == number]

    before = memory_of(web.server_pid())
    for i in range(3000):
        web.broker.say("WebEvent", number=number, id=2000 + i, topic="me", json="x" * 4000)
        if over():
            break
    until(over, 45)
    assert memory_of(web.server_pid()) < before + 30000
    line.close()
    lives(web)


def memory_of(pid):
    """Resident kilobytes."""
    return int(next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")).split()[1])


# ---- watching

def test_a_watch_begins_with_a_ticket_and_says_why_it_ends(web):
    web.broker.watched = lambda broker, asked: broker.say("WebAnswer", number=asked["number"], status=403, json='{"status":403,"detail":"That ticket was used."}')
    frames, answer = web.websocket()
    assert answer.status == 101 and answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    frames.send(json.dumps({"ticket": "t" * 43}))
    assert list(frames.messages()) == [{"kind": "end", "sentence": "That ticket was used."}]
    (asked,) = web.broker.calls("WebWatch")
    assert asked["ticket"] == "t" * 43 and asked["session"] == TOKEN


@pytest.mark.parametrize("fields", [[("Origin", "https://evil.example")], [("Origin", "null")], [("Sec-WebSocket-Version", "8")], [("Upgrade", "h2c")], [("Cookie", "__Host-anteroom=x")]])
def test_a_watch_from_elsewhere_is_refused(web, fields):
    _, answer = web.websocket(fields=fields)
    assert answer.status in (400, 403, 426)
    assert not web.broker.calls("WebWatch")


def test_a_watch_without_its_ticket_ends(web):
    for first in ("", "x", "{}", "[]", '{"ticket":7}', '{"ticket":"' + "x" * 2000 + '"}', '{"ticket":"' + "t" * 43 + '","more":1}', '{"ticket":"a b c d e f g h i j k"}', "\x00" * 100):
        frames, _ = web.websocket()
        frames.send(first)
        assert frames.ended(), first
    frames, _ = web.websocket()
    began = time.monotonic()
    assert frames.ended() and time.monotonic() - began < 20  # nothing was said
    assert not web.broker.calls("WebWatch")


def test_hostile_frames_end_their_watch_alone(web):
    def opened():
        frames, _ = web.websocket()
        return frames

    for hostile in (lambda f: f.send("x", masked=False), lambda f: f.send("x", opcode=3), lambda f: f.send("x", opcode=0), lambda f: f.send(b"\xff\xfe"), lambda f: f.send("x" * 200, opcode=9),
                    lambda f: f.send("x", size=1 << 62), lambda f: f.send("x", size=100000), lambda f: f.line.sendall(b"\xff" * 500), lambda f: f.send("x", final=False) or f.send("y", opcode=1)):
        frames = opened()
        hostile(frames)
        assert frames.ended()
    lives(web)


def test_a_flood_of_messages_ends_the_watch(web):
    web.broker.watched = lambda broker, asked: None
    frames, _ = web.websocket()
    frames.send(json.dumps({"ticket": "t" * 43}))
    web.broker.wait_for("WebWatch")
    with pytest.raises(OSError):
        for _ in range(20000):
            frames.send("x" * 500)
    lives(web)


def test_only_so_many_watch_at_once(web):
    web.broker.watched = lambda broker, asked: None
    opened = []
    try:
        for _ in range(33):
            frames, _ = web.websocket()
            frames.send(json.dumps({"ticket": "t" * 43}))
            opened.append(frames)
        (last,) = list(opened[-1].messages())
        assert last["kind"] == "end" and "Too much" in last["sentence"]
        assert len(web.broker.wait_for("WebWatch", 32)) == 32
    finally:
        for frames in opened:
            frames.close()
    lives(web)


# ---- the broker and the process

def test_without_a_broker_there_is_a_problem_and_then_it_goes_on(web):
    with stream(web) as line:
        read_until(line, b"hello")
        web.broker.stop()
        assert read_all_of(line) == b""
    answer = web.ask("/api/me")
    assert answer.status == 503 and answer["retry-after"] and answer.json["detail"]
    assert web.ask("/").status == 200, "the page itself is there"
    web.broker.start()
    deadline = time.monotonic() + 10
    while web.ask("/api/me").status != 200:
        assert time.monotonic() < deadline
    lives(web)


def test_a_broker_with_other_terms_ends_the_process():
    web = Web().start()
    try:
        web.broker.stop()
        web.broker.welcome["origin"] = "https://elsewhere.example"
        web.broker.start()
        assert web.process.wait(10) == 0
    finally:
        web.stop()


def test_a_broker_that_speaks_nonsense_is_left():
    web = Web().start()
    try:
        web.broker.channel.send(b"\xff nonsense")
        deadline = time.monotonic() + 10
        while "broker.back" not in web.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        lives(web)
    finally:
        web.stop()


def test_both_processes_end_together():
    for who in ("server", "doorman"):
        web = Web().start()
        server = web.server_pid()
        os.kill(server if who == "server" else web.process.pid, signal.SIGKILL)
        web.process.wait(5)
        deadline = time.monotonic() + 5
        while pathlib.Path(f"/proc/{server}").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        web.stop()


def test_the_process_is_shut_in(web):
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{web.server_pid()}/status").read_text().splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    core = [line for line in pathlib.Path(f"/proc/{web.server_pid()}/limits").read_text().splitlines() if "core file" in line][0]
    assert core.split()[4:6] == ["0", "0"]
    identity = web.broker.identity
    assert b"PRIVATE KEY" in identity
    names = [os.readlink(one) for one in pathlib.Path(f"/proc/{web.server_pid()}/fd").iterdir()]
    assert not any("identity" in name for name in names), "the key's file is closed"


def test_many_browsers_at_once_are_all_answered(web):
    def one(i):
        client = web.client(60)
        for k in range(5):
            client.request("GET", f"/api/n?{i}-{k}")
            assert json.loads(client.getresponse().read())["query"] == f"{i}-{k}"
        client.close()

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        list(pool.map(one, range(120)))


def test_more_calls_than_the_broker_takes_are_refused_and_nothing_hangs(web):
    held = []
    web.broker.answer = lambda broker, call: held.append(call["number"])
    lines = []
    try:
        for _ in range(300):
            line = web.tls(30)
            line.sendall(f"GET /api/slow HTTP/1.1\r\nHost: {web.host}\r\nConnection: close\r\n\r\n".encode())
            lines.append(line)
        refused, deadline = [], time.monotonic() + 30
        while len(refused) < 44:
            refused = select.select(lines, [], [], 1)[0]
            assert time.monotonic() < deadline, len(refused)
        assert len(web.broker.wait_for("WebCall", 256)) == 256
        web.broker.answer = None
        for number in held:
            web.broker.say("WebAnswer", number=number, status=200, json="{}")
        statuses = [read_all_of(line).split(b" ")[1] for line in lines]
        assert statuses.count(b"200") == 256 and statuses.count(b"503") == 44
    finally:
        for line in lines:
            line.close()
    lives(web)


def test_testssl_finds_nothing(web, tmp_path):
    """Everything that testssl.sh knows of but who signed the certificate, and what only a public name can have."""
    report = tmp_path / "report.json"
    subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", str(web.authority.ca), "--severity", "LOW", "--jsonfile", str(report), "--ip", "127.0.0.1",
                    "--protocols", "--server-preference", "--fs", "--server-defaults", "--vulnerable", "--headers", f"localhost:{web.port}"],
                   timeout=400, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    found = [one for one in json.loads(report.read_text()) if one["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL")]
    public = {"cert_chain_of_trust", "DNS_CAArecord", "OCSP_stapling", "cert_crlDistributionPoints", "cert_ocspURL", "cert_revocation", "cert_mustStapleExtension", "cert_validityPeriod", "cert_trust"}
    assert [one for one in found if one["id"].split()[0] not in public] == []
