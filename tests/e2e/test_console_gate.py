"""Every route of the console by everybody: one gate refuses whoever may not, whatever the spelling; and what a page of somebody else's could send."""
import re
import time

import pytest

from hospital.anteroom import new_source
from hospital.console import ConsoleHospital, Stream, WebSocket, cookie_of
from hospital.console_people import People, etag, open_requests, problem, state

# Who may call what: the test's own table. A route that the program knows and this does not, is a failure.
NOBODY, ENROLLING, SIGNED_IN, RECORDINGS, BREAKGLASS, AUDIT, POLICY, PEOPLE = "nobody", "enrolling", "signed in", "recordings", "breakglass", "audit", "policy", "people"
ROUTES = {
    NOBODY: ["GET /api/openapi.json", "GET /api/site", "POST /api/sign-in", "POST /api/sign-in/passkey/options", "POST /api/sign-in/passkey"],
    ENROLLING: ["GET /api/me", "POST /api/active", "POST /api/sign-out", "POST /api/me/passkeys/options", "POST /api/me/codes/begin", "POST /api/me/enrol", "POST /api/me/enrol/passkey"],
    SIGNED_IN: ["POST /api/factor/options", "GET /api/me/security", "POST /api/me/passkeys", "POST /api/me/passkeys/{id}/remove", "POST /api/me/codes", "POST /api/me/password",
                "POST /api/me/recovery", "POST /api/me/sessions/{id}/end", "GET /api/home", "POST /api/tickets/rdp", "GET /api/request-form", "POST /api/break-glass", "POST /api/requests",
                "GET /api/requests", "GET /api/requests/{id}", "POST /api/requests/{id}/withdraw", "POST /api/requests/{id}/ask-extension", "GET /api/approvals",
                "POST /api/requests/{id}/approve", "POST /api/requests/{id}/deny", "POST /api/requests/{id}/extend", "POST /api/requests/{id}/revoke", "GET /api/sessions",
                "POST /api/sessions/{id}/terminate", "POST /api/sessions/{id}/watch"],
    RECORDINGS: ["GET /api/recordings", "GET /api/recordings/{id}", "POST /api/recordings/{id}/open", "POST /api/recordings/{id}/ask-consent", "POST /api/recordings/{id}/consent",
                 "POST /api/recordings/{id}/notes", "POST /api/recordings/{id}/watched", "POST /api/recordings/{id}/sign-off",
                 "POST /api/recordings/{id}/export"],
    BREAKGLASS: ["GET /api/emergencies", "POST /api/emergencies/{request}/review"],
    AUDIT: ["GET /api/audit", "GET /api/audit/kinds"],
    POLICY: ["GET /api/policy", "GET /api/policy/names", "POST /api/policy/explain", "POST /api/policy/who-can", "POST /api/policy/diff"],
    PEOPLE: ["GET /api/people", "GET /api/people/{name}", "POST /api/people/{name}/keep", "POST /api/people/{name}/disable", "POST /api/people/{name}/enable"]}
# Streams, which the document names too.
STREAMS = ["GET /api/events", "GET /api/watch"]
MAY = {"nobody": {NOBODY}, "ida": {NOBODY, ENROLLING}, "alice": {NOBODY, ENROLLING, SIGNED_IN}, "mallory": {NOBODY, ENROLLING, SIGNED_IN}, "nora": {NOBODY, ENROLLING, SIGNED_IN},
       "dana": {NOBODY, ENROLLING, SIGNED_IN, POLICY}, "ruth": {NOBODY, ENROLLING, SIGNED_IN, RECORDINGS, BREAKGLASS, AUDIT, PEOPLE}, "nina": {NOBODY, ENROLLING, SIGNED_IN, BREAKGLASS, AUDIT},
       "walt": {NOBODY, ENROLLING, SIGNED_IN, POLICY}, "kim": {NOBODY, ENROLLING, SIGNED_IN, PEOPLE}}
ALL = [(needs, *route.split(" ")) for needs, routes in ROUTES.items() for route in routes]


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        here.open()
        document = here.document()
        document["vendors"]["other"] = {"name": "Other", "agreement": {"signed": "2026-01-15", "expires": "2038-01-15"}}
        here.apply_policy(document)
        yield here
    finally:
        here.close()


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


@pytest.fixture
def request_of(people):
    yield from open_requests(people)


# ---- routes and roles


def test_the_document_lists_every_route_and_no_other(people):
    reply = people["nobody"].get("/api/openapi.json")
    document = reply.json
    assert reply.status == 200 and document["openapi"].startswith("3.1"), document["openapi"]
    known = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods if method in ("get", "post", "put", "delete", "patch")}
    assert known - set(STREAMS) == {f"{method} {path}" for _, method, path in ALL}


def filled(path):
    return path.replace("{id}", "1").replace("{request}", "1").replace("{name}", "nora")


@pytest.mark.parametrize("who", MAY)
def test_the_gate_lets_each_person_through_to_theirs_alone(people, who):
    """Each call has something in it that the route does not take: who is let through hears that, and nothing is done."""
    api = people[who]
    for needs, method, path in ALL:
        reply = api.get(filled(path) + "?nonsense=1") if method == "GET" else api.post(filled(path), {"nonsense": 1})
        if needs in MAY[who]:
            assert reply.status in (400, 422), f"{who} {method} {path}: {reply}"
        else:
            wanted = 401 if who == "nobody" else 403
            assert problem(reply, wanted), f"{who} {method} {path}: {reply}"
            assert "nonsense" not in reply.detail, "what is wrong with the call is not told to who may not make it"


def test_every_get_answers_who_may(people, hospital):
    for who, path in (("alice", "/api/home"), ("alice", "/api/requests?state=all"), ("alice", "/api/me"), ("alice", "/api/me/security"), ("dana", "/api/approvals"), ("ruth", "/api/sessions"),
                      ("nina", "/api/audit?limit=5"), ("nina", "/api/audit/kinds"), ("walt", "/api/policy"), ("walt", "/api/policy/names"), ("kim", "/api/people"), ("kim", "/api/people/alice"),
                      ("ruth", "/api/recordings?limit=5"), ("ruth", "/api/emergencies"), ("nina", "/api/emergencies"), ("alice", f"/api/request-form?place=ct-1%2B{hospital.account}"), ("nobody", "/api/site"), ("ida", "/api/me")):
        reply = people[who].get(path)
        assert reply.status == 200 and reply.headers["Content-Type"] == "application/json" and reply.headers["Cache-Control"] == "no-store", f"{path}: {reply}"


def test_an_ended_session_opens_nothing(people):
    api = people.fresh("alice")
    assert api.get("/api/home").status == 200
    assert api.post("/api/sign-out").status == 200
    for needs, method, path in ALL:
        if needs != NOBODY:
            problem(api.get(filled(path)) if method == "GET" else api.post(filled(path)), 401)


def test_other_peoples_objects_do_not_exist(hospital, people, request_of):
    """A request that is not theirs to decide, console sessions and passkeys of others: 404, as for what nobody has."""
    number = request_of()["id"]
    tag = etag(people["alice"], number)
    for who in ("mallory", "nora", "ruth", "kim"):
        api = people[who]
        problem(api.get(f"/api/requests/{number}"), 404)
        for verb, body in (("withdraw", {}), ("ask-extension", {"seconds": 600})):
            problem(api.post(f"/api/requests/{number}/{verb}", body), 403, 404)
        for verb, body in (("approve", {"seconds": 600, "confirmed": False}), ("deny", {"reason": "no"}), ("extend", {"yes": True, "confirmed": False}), ("revoke", {"reason": "no"})):
            problem(api.decide(f"/api/requests/{number}/{verb}", body, tag), 403, 404)
    # Who asked does not decide, and who decides does not take back.
    problem(people["alice"].decide(f"/api/requests/{number}/approve", {"seconds": 600, "confirmed": False}, tag), 403, 404, 409)
    problem(people["dana"].post(f"/api/requests/{number}/withdraw"), 403, 404)
    assert state(hospital, number) == "requested"
    mine = people["alice"].get("/api/me/security").json
    for who in ("mallory", "dana", "ruth"):
        problem(people[who].post(f"/api/me/sessions/{mine['sessions'][0]['id']}/end"), 404)
        problem(people[who].decide(f"/api/me/passkeys/{mine['passkeys'][0]['id']}/remove"), 404)
    after = people["alice"].get("/api/me/security").json
    assert [one["id"] for one in after["passkeys"]] == [one["id"] for one in mine["passkeys"]] and {one["id"] for one in after["sessions"]} >= {one["id"] for one in mine["sessions"]}


@pytest.fixture(scope="module")
def live(hospital, people):
    """A live session of alice's on a target that ruth reviews."""
    people["alice"]
    with hospital.terminal(people.person("alice"), "mri-3") as terminal:
        terminal.expect("recorded, until")
        yield next(one["id"] for one in hospital.json("session", "list") if one["person"] == "alice")


def test_other_peoples_sessions_are_neither_seen_nor_ended_nor_watched(hospital, people, live):
    for who in ("mallory", "nora", "walt", "kim"):
        api = people[who]
        assert api.get("/api/sessions").json["sessions"] == []
        problem(api.decide(f"/api/sessions/{live}/terminate", {"reason": "mine now"}), 403, 404)
        problem(api.decide(f"/api/sessions/{live}/watch"), 403, 404)
    problem(people["alice"].decide(f"/api/sessions/{live}/watch"), 403, 404)
    assert [one["id"] for one in people["ruth"].get("/api/sessions").json["sessions"]] == [live]
    assert [one["id"] for one in hospital.json("session", "list")] == [live]


# What a reviewer may do with a recording, with bodies that are as they should be.
ON_RECORDINGS = (("open", {}), ("ask-consent", {"reason": "mine now"}), ("consent", {"person": "ruth"}), ("notes", {"at": 0, "text": "mine now"}), ("watched", {"ranges": [[0, 1]]}),
                 ("sign-off", {"outcome": "fine"}))


def test_other_peoples_recordings_and_emergencies_are_not_there(hospital, people, live):
    """Not for who reviews nothing, the recorded person among them; and a reviewer finds those of their targets alone, whatever they ask for."""
    for who in ("alice", "mallory", "dana", "nina", "kim"):
        api = people[who]
        problem(api.get("/api/recordings"), 403)
        problem(api.get(f"/api/recordings/{live}"), 403)
        for verb, body in ON_RECORDINGS:
            problem(api.decide(f"/api/recordings/{live}/{verb}", body), 403, 422)
    ruth = people["ruth"]
    assert [one["id"] for one in ruth.get("/api/recordings").json["recordings"]][:1] == [live] and ruth.get(f"/api/recordings/{live}").json["state"] == "live"
    for odd in ("0" * 32, live[:-1], live + "0", live.upper() if live != live.upper() else live.lower(), "1", "-", "a" * 64, "..", "%2e%2e", live.replace(live[0], "%" + format(ord(live[0]), "02x"), 1)):
        reply = ruth.get(f"/api/recordings/{odd}")
        assert reply.status in (400, 404), f"{odd}: {reply}"
        for verb, body in ON_RECORDINGS:
            reply = ruth.decide(f"/api/recordings/{odd}/{verb}", body) if "%" not in odd and odd != ".." else ruth.post(f"/api/recordings/{odd}/{verb}", body)
            assert reply.status in (400, 403, 404, 422), f"{odd}/{verb}: {reply}"
    # Nobody leaves anything at what they have not opened.
    for verb, body in ON_RECORDINGS[3:5]:
        problem(ruth.post(f"/api/recordings/{live}/{verb}", body), 409)
    for who in ("alice", "dana", "walt"):
        problem(people[who].get("/api/emergencies"), 403)
        problem(people[who].decide("/api/emergencies/1/review", {"outcome": "justified"}), 403)
    for odd in ("0", "-1", "01", "1e0", "99999999999999999999", "18446744073709551617", "a"):
        problem(ruth.decide(f"/api/emergencies/{odd}/review", {"outcome": "justified"}), 404)


# ---- streams


def test_a_stream_of_events_is_for_who_is_signed_in(people):
    for who, wanted in (("nobody", 401), ("alice", 200), ("dana", 200)):
        with people[who].events() as stream:
            assert stream.status == wanted
            if wanted == 200:
                assert stream.next()[1]["topic"] == "hello"
    stranger = people["nobody"]
    stranger.token, before = "A" * 43, stranger.token
    try:
        with Stream(stranger) as stream:
            assert stream.status == 401
    finally:
        stranger.token = before


def test_events_say_nothing_about_what_others_do(people, request_of):
    with people["mallory"].events() as other, people["dana"].events() as decider:
        assert other.next()[1]["topic"] == decider.next()[1]["topic"] == "hello"
        number = request_of(reason="a reason that is nobody's business")["id"]
        said = decider.until(lambda event: event["topic"] == "request" and event.get("id") == number)
        assert said["fresh"] and said["waiting"] >= 1 and "business" not in str(said)
        with pytest.raises(TimeoutError):
            other.next(timeout=1.5)


def test_a_stream_ends_with_its_session(people):
    api = people.fresh("nora")
    with api.events() as stream:
        assert stream.next()[1]["topic"] == "hello"
        api.post("/api/sign-out")
        while (event := stream.next(timeout=10)) is not None:
            assert event[1]["topic"] == "me"
    with api.events() as again:
        assert again.status == 401


def ticket_of(api, session):
    reply = api.decide(f"/api/sessions/{session}/watch")
    assert reply.status == 200, reply
    return reply.json["ticket"]


def refused_socket(socket):
    """Refused at the door, or closed without a word of the session."""
    with socket:
        if socket.status != 101:
            assert socket.status in (400, 401, 403, 404), socket.status
            return True
        while (message := socket.receive(timeout=30)) is not None:
            assert message["kind"] == "end", message
        return True


def test_watching_takes_a_ticket_once_and_from_its_own_session_alone(people, live):
    ruth = people["ruth"]
    ticket = ticket_of(ruth, live)
    for other in (people["dana"], people["mallory"], people["nobody"], people.fresh("ruth")):
        assert refused_socket(other.watch(ticket))
    with ruth.watch(ticket_of(ruth, live)) as socket:
        assert socket.status == 101 and socket.receive()["kind"] == "begin"
    used = ticket_of(ruth, live)
    with ruth.watch(used) as socket:
        assert socket.receive()["kind"] == "begin"
    assert refused_socket(ruth.watch(used)), "a used ticket"
    for words in ("", "A" * 43, "null", used.swapcase()):
        assert refused_socket(ruth.watch(words))


def test_a_web_socket_of_another_origin_is_refused(people, live):
    for origin in ("https://evil.example", "null", None, people.hospital.origin.replace("https", "http"), people.hospital.origin + ".evil.example"):
        socket = WebSocket(people["ruth"], "/api/watch", headers={"Origin": origin})
        assert socket.status == 403, f"{origin}: {socket.status}"
        socket.close()
    with WebSocket(people["ruth"], "/api/watch", headers={"Sec-Fetch-Site": "cross-site"}) as socket:
        assert socket.status == 403


# ---- spellings


ODD = ["//api{0}", "/api/{0}", "/api{0}/", "/api{0}//", "/api/.{0}", "/api/..{0}", "/api/../api{0}", "/./api{0}", "/%61pi{0}", "/api%2f{1}", "/api%2F{1}", "/api{0}%00", "/api{0}%20", "/api{0};x=1",
       "/api{0}.json", "/api/%2e{0}", "/api/%2e%2e/api{0}", "/api\\{1}", "/api{0}%0d%0aX-A:%20b", "/api{0}%", "/api{0}%zz", "/API{0}", "/api{2}", "/api{0}%3f", "/%2fapi{0}", "/x/../api{0}", "/api/v1{0}"]


@pytest.mark.parametrize("who", ["nobody", "mallory", "dana"])
def test_odd_spellings_of_a_path_reach_nothing(people, request_of, who):
    number = request_of()["id"]
    for path in ("/home", "/me", f"/requests/{number}", "/audit", "/policy", "/people/alice", "/recordings", "/recordings/1", "/emergencies"):
        for pattern in ODD:
            odd = pattern.format(path, path[1:], path.upper())
            reply = people[who].get(odd)
            # Outside /api/ every name is a page of the browser's: the empty shell, the same for everybody.
            shell = reply.status == 200 and reply.headers["Content-Type"].startswith("text/html") and not odd.startswith("/api/")
            assert shell or reply.status in (400, 401, 403, 404), f"{odd}: {reply}"
    for pattern in ODD:
        reply = people[who].post(pattern.format(f"/requests/{number}/withdraw", f"requests/{number}/withdraw", f"/REQUESTS/{number}/WITHDRAW"))
        assert reply.status in (400, 401, 403, 404, 405), f"{pattern}: {reply}"


def test_odd_ids_name_nothing(people):
    for odd in ("0", "-1", "+1", "01", "1e0", "0x1", "1.0", "99999999999999999999", "18446744073709551617", "%31", "1%00", "*", "a", "..", "1,2", "%d9%a1"):
        reply = people["dana"].get("/api/requests/" + odd)
        assert reply.status in (400, 404, 422), f"{odd}: {reply}"


def test_bytes_that_are_no_request_are_refused(hospital, people):
    api = people["dana"]
    cookie = f"Cookie: __Host-anteroom={api.token}\r\n"
    host = f"Host: localhost:{hospital.web_port}\r\n"
    for lines in (f"GET /api/me\0 HTTP/1.1\r\n{host}{cookie}", f"GET /api/me HTTP/1.1\r\n{cookie}", f"GET /api/me HTTP/1.1\r\nHost: evil.example\r\n{cookie}", f"GET /api/me HTTP/1.1\r\n{host}{host}{cookie}",
                  f"GET https://evil.example/api/me HTTP/1.1\r\n{host}{cookie}", f"GET /api/me HTTP/1.1\r\n{host}{cookie}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                  f"GET /api/me HTTP/1.1\r\n{host}{cookie}X: {'a' * 70000}\r\n", f"GET /{'a' * 70000} HTTP/1.1\r\n{host}", f"PRI * HTTP/2.0\r\n{host}", f"CONNECT localhost:22 HTTP/1.1\r\n{host}"):
        came = api.raw((lines + "Connection: close\r\n\r\n").encode())
        assert came == b"" or re.match(rb"HTTP/1\.[01] (400|403|404|405|413|414|421|431|501|505) ", came), f"{lines[:60]!r}: {came[:200]!r}"


def test_methods_that_no_route_has(people):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        assert people["dana"].call(method, "/api/home").status in (400, 403, 404, 405, 501), method
    assert people["dana"].post("/api/home").status in (404, 405)
    assert people["dana"].get("/api/sign-out").status in (404, 405)
    head = people["dana"].call("HEAD", "/api/home")
    assert head.status == 200 and head.data == b""


# ---- what a page of somebody else's could send


FORGED = [({"X-Anteroom-CSRF": None}, "no token"), ({"X-Anteroom-CSRF": ""}, "an empty token"), ({"X-Anteroom-CSRF": "A" * 43}, "a wrong token"), ({"Origin": "https://evil.example"}, "another origin"),
          ({"Origin": "null"}, "an opaque origin"), ({"Sec-Fetch-Site": "cross-site"}, "cross-site"), ({"Sec-Fetch-Site": "same-site"}, "another origin of the same site"),
          ({"Content-Type": "text/plain"}, "a form's content type"), ({"Content-Type": "application/x-www-form-urlencoded"}, "a form"), ({"Content-Type": "multipart/form-data; boundary=x"}, "a form with files"),
          ({"Content-Type": None}, "no content type")]


@pytest.mark.parametrize("headers,what", FORGED, ids=[what for _, what in FORGED])
def test_a_forged_call_does_nothing(hospital, people, request_of, headers, what):
    number = request_of()["id"]
    dana = people["dana"]
    tag = etag(dana, number)
    path, body = f"/api/requests/{number}/approve", {"seconds": 600, "confirmed": False}
    factor = dana.factor(path, body, tag)
    reply = dana.decide(path, body, tag, factor=factor, headers=headers)
    assert reply.status in (400, 403, 415), f"{what}: {reply}"
    assert state(hospital, number) == "requested"
    reply = people["alice"].post(f"/api/requests/{number}/withdraw", headers=headers)
    assert reply.status in (400, 403, 415) and state(hospital, number) == "requested"


def test_the_token_of_another_session_is_no_token(hospital, people, request_of):
    number = request_of()["id"]
    other = people.fresh("alice")
    assert other.csrf != people["alice"].csrf
    for token in (other.csrf, people["mallory"].csrf):
        problem(people["alice"].post(f"/api/requests/{number}/withdraw", headers={"X-Anteroom-CSRF": token}), 403)
    assert state(hospital, number) == "requested"


def test_a_session_cannot_be_fixed_in_advance(hospital, people):
    victim = people.person("nora")
    people["nora"]
    planted = hospital.api(source=new_source())
    planted.token = chosen = "B" * 43
    planted.passkey_sign_in(victim.passkey)
    assert planted.token != chosen
    attacker = hospital.api()
    attacker.token = chosen
    problem(attacker.get("/api/me"), 401)
    # A session that somebody else signed in before does not become the victim's.
    mallory = people.fresh("mallory")
    shared, mallorys = hospital.api(source=new_source()), mallory.token
    shared.token = mallorys
    shared.passkey_sign_in(victim.passkey)
    assert shared.me["person"] == "nora" and shared.token != mallorys
    assert mallory.get("/api/me").status == 401 or mallory.get("/api/me").json["person"] == "mallory"
    again = hospital.api(source=new_source())
    again.passkey_sign_in(victim.passkey)
    assert len({again.token, shared.token, planted.token}) == 3


def test_the_cookie_is_bound_to_host_and_transport(people, hospital):
    reply = hospital.api(source=new_source())
    people["nora"]
    options = reply.post("/api/sign-in/passkey/options").json
    answer = reply.post("/api/sign-in/passkey", people.known["nora"].passkey.use(options))
    lines = answer.headers.get_all("Set-Cookie")
    assert len(lines) == 1 and cookie_of(answer)
    words = {word.strip().lower() for word in lines[0].split(";")[1:]}
    assert {"secure", "httponly", "path=/"} <= words and words & {"samesite=strict", "samesite=lax"} and not any(word.startswith("domain") for word in words), lines[0]
    assert len(cookie_of(answer)) >= 43, "256 random bits"
    reply.taken(answer)
    over = reply.post("/api/sign-out").headers["Set-Cookie"]
    assert re.search(r"max-age=0|expires=thu, 01 jan 1970", over.lower()) and "__Host-anteroom=;" in over


@pytest.mark.parametrize("path", ["/", "/approvals", "/request/ct-1", "/api/site", "/api/me", "/nowhere", "/assets/none.js"])
def test_every_answer_carries_what_protects_a_page(people, path):
    headers = people["dana"].get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY" and "max-age=" in headers["Strict-Transport-Security"]
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin") and headers["Cross-Origin-Opener-Policy"] == "same-origin" and headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = dict(one.strip().partition(" ")[::2] for one in headers["Content-Security-Policy"].split(";") if one.strip())
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'" and policy["form-action"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"] and "Access-Control-Allow-Origin" not in headers and "Server" not in headers


def test_a_nonce_is_given_once(people):
    found = [re.search(r"'nonce-([^']+)'", people["nobody"].get("/").headers["Content-Security-Policy"]).group(1) for _ in range(4)]
    assert len(set(found)) == 4


def test_a_disabled_person_is_out_at_once(hospital, people):
    person = hospital.person("staff", name="leaving")
    api = hospital.api(person)
    with api.events() as stream:
        stream.next()
        hospital.cli("person", "disable", person.name)
        began = time.monotonic()
        problem(api.get("/api/home"), 401)
        while stream.next(timeout=15) is not None:
            pass
        assert time.monotonic() - began < 15


def test_what_is_wrong_is_never_told_in_full(people):
    """No answer of a fault of ours has more than its sentence."""
    for body in (b"", b"{", b"[]", b"null", b"{}" * 2, b'{"a":' * 5000, b'{"places":1}', b'{"places":[],"places":[]}', b'\xff\xfe', b'{"reason":"\\ud800"}', b"{\"x\":\"" + b"a" * 65000 + b"\"}"):
        reply = people["alice"].call("POST", "/api/requests", data=body)
        problem(reply, 400, 413, 422)
        assert not re.search(r"\.cpp|boost|sqlite|std::|/work|/tmp", reply.data.decode())
