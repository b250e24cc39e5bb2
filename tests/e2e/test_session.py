"""What a permitted session can do: terminal, commands, both output streams, exit status and signal, several channels at once."""
import contextlib
import hashlib
import os
import re
import subprocess
import time

import pytest


@pytest.fixture(scope="module")
def alice(hospital):
    return hospital.staff(key=True)


@pytest.fixture(scope="module")
def master(hospital, alice):
    """One signed-in connection that other commands share; a code is spent once."""
    socket = hospital.home / "cm"
    environment, _ = hospital.environment(alice)
    options = ("-M", "-N", "-S", str(socket), "-o", "SendEnv=LANG E2E_*")
    process = subprocess.Popen(hospital.ssh_argv(alice, "mri-3", options=options, way="key"), env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 15
    while not socket.exists():
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.05)
    yield ("-S", str(socket), "-o", "SendEnv=LANG E2E_*")
    process.terminate()
    process.wait(10)


def over(hospital, alice, master, *command, **more):
    return hospital.ssh(alice, "mri-3", *command, options=master, way="key", code=[], **more)


def test_an_interactive_shell_in_a_terminal(hospital):
    person = hospital.staff()
    with hospital.terminal(person, "mri-3", columns=100, rows=30) as terminal:
        terminal.expect("anteroom: mri-3 as .*recorded, until")
        terminal.send("PS1='ready> '; tty; stty size\n")
        terminal.expect(r"/dev/pts/\d+\r\n30 100\r\n")
        terminal.resize(132, 43)
        terminal.send("sleep 0.2; stty size\n")
        terminal.expect(r"43 132\r\n")
        terminal.resize(20, 5)
        terminal.send("sleep 0.2; stty size\n")
        terminal.expect(r"5 20\r\n")
        terminal.send("echo $TERM; exit 7\n")
        terminal.expect("xterm")
        assert terminal.wait() == 7


def test_keys_of_a_terminal_reach_the_target(hospital):
    person = hospital.staff()
    with hospital.terminal(person, "mri-3", "echo at the target; exec cat") as terminal:
        terminal.expect("at the target")
        terminal.send("hello\n")
        terminal.expect(r"hello\r\nhello\r\n")
        terminal.send("\x03")  # an interrupt, by the target's terminal
        assert terminal.wait() in (130, 255)


def test_a_command_gives_its_status_and_both_streams(hospital, alice, master):
    done = over(hospital, alice, master, "echo to-out; echo to-err >&2; exit 42")
    assert (done.status, done.out, done.err) == (42, b"to-out\n", b"to-err\n")
    assert over(hospital, alice, master, "true").status == 0
    assert over(hospital, alice, master, "exit 255").status == 255
    assert over(hospital, alice, master, "no-such-program").status == 127


def test_a_command_killed_by_a_signal_says_so(hospital):
    from hospital import wire
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        channel = one.open_session()
        asked, original = [], channel._handle_request

        def handle(m):
            asked.append(m.get_text())
            if asked[-1] == "exit-signal":
                m.get_boolean()
                asked.append(m.get_text())
            m.rewind()
            original(m)

        one._channel_handler_table = {**one._channel_handler_table, 98: lambda _, m: handle(m)}
        channel.exec_command("kill -TERM $$")
        channel.settimeout(10)
        assert channel.recv(100) == b""
        deadline = time.monotonic() + 5
        while not channel.closed and time.monotonic() < deadline:
            time.sleep(0.02)
        assert asked[:2] == ["exit-signal", "TERM"] and channel.exit_status == -1, "a signal is no status"


def test_openssh_reports_a_killed_command_as_255(hospital, alice, master):
    assert over(hospital, alice, master, "kill -KILL $$").status == 255


def test_standard_input_is_passed_and_ends(hospital, alice, master):
    assert over(hospital, alice, master, "cat", input=b"in\0and\xffout").out == b"in\0and\xffout"
    assert over(hospital, alice, master, "cat; echo end", input=b"").out == b"end\n"
    assert over(hospital, alice, master, "wc -c", input=b"x" * 1000000).text.strip() == "1000000"


def test_output_that_ends_before_the_command_does(hospital, alice, master):
    assert over(hospital, alice, master, "exec >&- 2>&-; sleep 0.3; exit 5").status == 5


def test_a_long_command_arrives_whole(hospital, alice, master):
    text = "x" * 30000
    assert over(hospital, alice, master, f"printf %s {text} | wc -c").text.strip() == "30000"


def test_variables_are_passed_where_the_policy_allows_env(hospital, alice, master):
    done = over(hospital, alice, master, "echo $LANG $E2E_WARD", env={"LANG": "C.UTF-8", "E2E_WARD": "7b"})
    assert done.text == "C.UTF-8 7b\n"


def test_variables_are_refused_where_it_does_not_and_the_session_goes_on(hospital):
    person = hospital.person("plain")
    done = hospital.ssh(person, "mri-3", "echo [$E2E_WARD]", options=("-o", "SendEnv=E2E_*"), env={"E2E_WARD": "7b"})
    assert done.text == "[]\n"
    assert [one["fields"]["detail"] for one in hospital.audit(kind="capability.refused", person=person.name)] == ["E2E_WARD"]


def test_commands_by_pattern(hospital):
    person = hospital.person("narrow", key=True)
    assert hospital.ssh(person, "mri-3", "uname -s", way="key").text == "Linux\n"
    for command in ("uname -s; id", "uname $(id)", "id", "uname -s\nid"):
        person = hospital.person("narrow", key=True)
        done = hospital.ssh(person, "mri-3", command, way="key")
        assert done.status != 0 and "uid=" not in done.all and "not allowed by the policy" in done.errors, command
    with hospital.terminal(person, "mri-3", way="key") as terminal:
        assert "not allowed by the policy" in terminal.rest() and terminal.wait() != 0


def test_several_channels_at_once(hospital, alice, master):
    running = []
    environment, _ = hospital.environment(alice, [])
    for number in range(8):
        argv = hospital.ssh_argv(alice, "mri-3", f"read line; echo {number}:$line; exit {number}", options=master, way="key")
        running.append(subprocess.Popen(argv, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    # All of them are open before the first is answered.
    for number, one in reversed(list(enumerate(running))):
        out, _ = one.communicate(f"for {number}\n".encode(), timeout=20)
        assert (one.returncode, out) == (number, f"{number}:for {number}\n".encode())


def test_more_channels_than_allowed_are_refused_and_the_others_live(hospital):
    from hospital import wire
    import paramiko
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        channels = [one.open_session() for _ in range(16)]
        with pytest.raises(paramiko.ChannelException):
            one.open_session()
        channels[3].exec_command("echo here")
        assert channels[3].recv(100) == b"here\n"
        for channel in channels[5:]:
            channel.close()
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(paramiko.ChannelException):
                again = one.open_session()
                break
            assert time.monotonic() < deadline, "no channel for those that were closed"
            time.sleep(0.1)
        again.exec_command("echo again")
        assert again.recv(100) == b"again\n"


def test_a_reader_that_goes_away_ends_the_command(hospital, alice, master):
    for _ in range(3):
        environment, _ = hospital.environment(alice, [])
        argv = hospital.ssh_argv(alice, "mri-3", "yes", options=master, way="key")
        one = subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert one.stdout.read(2) == b"y\n"
        one.stdout.close()
        one.wait(10)


def test_a_reader_that_goes_away_without_a_shared_connection(hospital):
    for _ in range(8):  # where it hangs, it does not hang each time
        one = hospital.start_ssh(hospital.staff(), "mri-3", "yes", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert one.stdout.read(2) == b"y\n"
        one.stdout.close()
        one.wait(10)


SIZE = 50 << 20


@pytest.fixture(scope="module")
def megabytes(hospital):
    file = hospital.home / "50MB"
    file.write_bytes(os.urandom(SIZE))
    return file, hashlib.sha256(file.read_bytes()).hexdigest()


def test_50_mb_each_way_arrive_as_they_left(hospital, alice, master, megabytes):
    file, digest = megabytes
    with file.open("rb") as stdin:
        done = over(hospital, alice, master, "sha256sum", stdin=stdin)
    assert done.text.split()[0] == digest
    done = over(hospital, alice, master, f"cat {file}")
    assert hashlib.sha256(done.out).hexdigest() == digest
    with file.open("rb") as stdin:
        done = over(hospital, alice, master, "cat", stdin=stdin)
    assert hashlib.sha256(done.out).hexdigest() == digest, "both ways at once"


def test_keys_are_renewed_under_load(hospital, megabytes):
    file, digest = megabytes
    person = hospital.staff(key=True)
    done = hospital.ssh(person, "mri-3", f"cat {file}", options=("-o", "RekeyLimit=1M", "-v"), way="key", timeout=120)
    rekeys = done.errors.count("rekeying")
    assert hashlib.sha256(done.out).hexdigest() == digest, done.errors[-1500:]
    assert rekeys >= 10, rekeys
    with file.open("rb") as stdin:
        done = hospital.ssh(person, "mri-3", "sha256sum", options=("-o", "RekeyLimit=1M"), way="key", stdin=stdin, timeout=120)
    assert done.text.split()[0] == digest, done.errors[-1500:]


def test_a_person_alone_gets_a_menu_of_what_they_may_reach(hospital):
    person = hospital.staff()
    with hospital.terminal(person, "") as terminal:
        text = terminal.expect("You may reach:(.*)> ").group(1).decode()
        assert f"mri-3 as {hospital.account}" in text and "lone-1" not in text
        terminal.send("mri-3\r")  # a name goes there, on the same connection
        terminal.expect("recorded, until")
        terminal.send("echo there; exit\r")
        terminal.expect(r"there\r\n")
        assert terminal.wait() == 0
    vendor = hospital.vendor()
    with hospital.terminal(vendor, "") as terminal:
        text = terminal.expect("You may reach:(.*)> ").group(1).decode()
        assert "ct-1 as" in text and "needs approval" in text and "mri-3" not in text
    done = hospital.ssh(vendor, "", "id")
    assert done.status == 1 and "uid=" not in done.text


def test_the_session_is_audited_from_its_start_to_its_end(hospital):
    person = hospital.staff(key=True)
    assert hospital.ssh(person, "mri-3", "echo", "one", way="key").status == 0
    recording = hospital.recording_of(person)
    kinds = [one["kind"] for one in hospital.audit(person=person.name)]
    order = ["login.accepted", "access.decided", "session.start", "recording.opened", "secret.used", "capability.used", "recording.sealed", "session.end"]
    assert [kind for kind in kinds if kind in order] == order, kinds
    start = hospital.audit(kind="session.start", person=person.name)[0]
    assert start["fields"]["rule"] == "staff" and start["fields"]["factors"] == "publickey+code" and re.fullmatch(r"\d+", start["fields"]["policy_version"])
    assert start["session"] == recording.get("session", recording["id"])
