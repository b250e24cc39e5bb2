"""The people around a console, each with a console session and a passkey of their own, and what is asked of its API again and again."""
from .anteroom import Person, new_source

GROUPS = {"dana": ["imaging"], "eva": ["imaging"], "ruth": ["reviewers"], "nina": ["compliance"], "walt": ["writers"], "kim": ["keepers"], "nora": ["staff"]}


class People:
    """Console sessions by name, made when first needed, each with a passkey."""

    def __init__(self, hospital):
        self.hospital = hospital
        self.known, self.apis = {}, {}

    def person(self, name):
        if name not in self.known:
            vendor = {"alice": "acme-imaging", "mallory": "other"}.get(name)
            self.known[name] = self.hospital.person(*GROUPS.get(name, []), name=name, vendor=vendor)
        return self.known[name]

    def __getitem__(self, name):
        if name not in self.apis:
            if name == "nobody":
                self.apis[name] = self.hospital.api()
            elif name == "ida":
                answer = self.hospital.json("person", "invite", "ida", "--group", "staff")
                self.apis[name] = self.hospital.api(source=new_source())
                self.apis[name].sign_in(Person("ida", answer["code"], None, ""), code="")
            else:
                self.apis[name] = self.hospital.keyed(self.person(name))
        return self.apis[name]

    def fresh(self, name):
        """A further console session of somebody."""
        self[name]
        one = self.hospital.api(source=new_source())
        one.passkey_sign_in(self.known[name].passkey)
        one.person = self.known[name]
        return one


def etag(api, number):
    reply = api.get(f"/api/requests/{number}")
    assert reply.status == 200 and reply.headers["ETag"] == reply.json["etag"], reply
    return reply.json["etag"]


def revoke(api, number):
    reply = api.decide(f"/api/requests/{number}/revoke", {"reason": "done"}, etag(api, number))
    assert reply.status == 200, reply


def state(hospital, number):
    return hospital.json("request", "show", number)["state"]


def problem(reply, *statuses):
    assert reply.status in statuses, reply
    assert reply.headers["Content-Type"] == "application/problem+json", reply.headers.items()
    body = reply.json
    assert body["status"] == reply.status and body["title"] and body["detail"], body
    return body


def open_requests(people):
    """For a fixture: a function that makes a request of alice's and gives its card; what is left of them at the end goes."""
    made, account = [], people.hospital.account

    def make(target="ct-1", ticket="CHG-1", reason="coil fault"):
        reply = people["alice"].post("/api/requests", {"places": [f"{target}+{account}"], "reason": reason, "ticket": ticket, "seconds": 600, "at": None})
        assert reply.status == 200, reply
        made.append(reply.json["id"])
        return reply.json

    yield make
    for number in made:
        state = people["alice"].get(f"/api/requests/{number}").json["state"]
        if state == "requested":
            people["alice"].post(f"/api/requests/{number}/withdraw")
        elif state in ("approved", "active"):
            revoke(people["dana"], number)
