"""Signing in in many connections at once, and handshakes that are to end at once: with more time for a login than either takes."""
import threading

import paramiko
import pytest
from hospital import wire
from hospital.anteroom import new_source


@pytest.fixture(scope="module")
def limits():
    return {"login": "20s", "unauthenticated": 200}


def accepted(hospital, person):
    return hospital.audit(kind="login.accepted", person=person.name)


@pytest.mark.parametrize("count", [20, 60])
def test_one_code_in_many_connections_at_once_is_accepted_once(hospital, count):
    person = hospital.staff(key=True)
    code, key = person.codes.lasting(), wire.key_of(person)
    # All of them have to stand at the prompt at once, or the rest would be no test.
    at_prompt = threading.Barrier(count + 1)

    class Held(wire.Asked):
        def __call__(self, *question):
            if not self.rounds:
                at_prompt.wait(60)
            return super().__call__(*question)

    def job(source):
        def run():
            try:
                with wire.transport(hospital, source) as one:
                    assert one.auth_publickey(f"{person.name}+mri-3", key) == ["keyboard-interactive"]
                    asked = Held(code)
                    try:
                        one.auth_interactive(f"{person.name}+mri-3", asked)
                    except paramiko.SSHException:
                        pass
                    return one.is_authenticated(), asked.rounds
            except threading.BrokenBarrierError:
                raise
        return run

    starter = threading.Thread(target=lambda: at_prompt.wait(60))
    starter.start()
    results = wire.in_parallel([job(new_source()) for _ in range(count)])
    starter.join()
    assert not [one for one in results if isinstance(one, Exception)], results
    assert [got for got, _ in results].count(True) == 1
    told = [rounds[1][0] for got, rounds in results if not got and len(rounds) > 1]
    assert len(told) == count - 1 and all("used already" in text for text in told), told[:3]
    assert len(accepted(hospital, person)) == 1


def handshake(hospital, filler=b"", when=None):
    """A strict key exchange as far as the client's NEWKEYS, with something put in: whether the server hangs up at once."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    public = X25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    with hospital.connect() as sock:
        clear = wire.Clear(sock)
        clear.line()
        clear.receive()  # the server's KEXINIT
        sock.settimeout(10 if filler else 1.5)  # a login may take longer
        try:
            clear.send(*[filler] * (when == "before"), wire.kexinit(), *[filler] * (when == "after"), bytes([wire.KEX_ECDH_INIT]) + wire.string(public))
            assert clear.receive()[0] == wire.KEX_ECDH_REPLY and clear.receive()[0] == wire.NEWKEYS
            clear.send(*[filler] * (when == "late"), bytes([wire.NEWKEYS]))
            while sock.recv(1000):
                pass
            return True
        except (EOFError, ConnectionError, AssertionError):
            return True
        except TimeoutError:
            return False


FILLERS = {"ignore": bytes([wire.IGNORE]) + wire.string("x"), "unimplemented": bytes([wire.UNIMPLEMENTED]) + b"\0\0\0\0",
           "debug": bytes([wire.DEBUG]) + b"\0" + wire.string("x") + wire.string(""), "ext-info": bytes([wire.EXT_INFO]) + b"\0\0\0\1" + wire.string("server-sig-algs") + wire.string("x")}


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("when", ["before", "after", "late"])
def test_optional_messages_during_a_strict_handshake_end_it(hospital, filler, when):
    """Terrapin (CVE-2023-48795): with strict key exchange nothing but the exchange may be said before its end."""
    assert handshake(hospital, FILLERS[filler], when)


def test_the_twin_without_filler_is_waited_for(hospital):
    assert not handshake(hospital)
