"""What a session may not do, targets that cannot be reached or trusted, and the sentences that say so."""
import re
import subprocess
import time

import pytest
from hospital import wire


def refused(hospital, person):
    return [(one["fields"]["capability"], one["fields"]["detail"]) for one in hospital.audit(kind="capability.refused", person=person.name)]


NOT_ALLOWED = "not allowed by the policy"


def test_sftp_is_refused_with_a_sentence(hospital):
    person = hospital.staff()
    argv = hospital.ssh_argv(person, "mri-3", "sftp", options=("-s",))
    from hospital import client
    done = client.run(argv, hospital.environment(person)[0])
    assert done.status != 0 and NOT_ALLOWED in done.errors and "sftp" in done.errors
    assert [kind for kind, _ in refused(hospital, person)] == ["sftp"]


def test_scp_and_sftp_clients_are_refused(hospital):
    from hospital import client
    person = hospital.staff()
    for program in (["sftp", "-P"], ["scp", "-P"]):
        options = [word for word in hospital.ssh_argv(person, "mri-3")[5:]]
        options = options[:options.index("-l")]
        options = [word for word in options if word not in ("-b", person.source)] + ["-o", f"BindAddress={person.source}"]
        name = f"{person.name}+mri-3@127.0.0.1"
        tail = [name] if program[0] == "sftp" else [f"{name}:/etc/hostname", str(hospital.home / "copied")]
        done = client.run([program[0], program[1], str(hospital.port), *options, *tail], hospital.environment(person)[0], input=b"ls\n")
        assert done.status != 0 and NOT_ALLOWED in done.errors, done.errors
    assert not (hospital.home / "copied").exists()


def test_another_subsystem_is_refused(hospital):
    person = hospital.staff()
    done = hospital.ssh(person, "mri-3", "netconf", options=("-s",))
    assert done.status != 0 and NOT_ALLOWED in done.errors
    assert refused(hospital, person) == [("subsystem", "netconf")]


def test_local_forwarding_is_refused(hospital):
    person = hospital.staff()
    with wire.transport(hospital) as one:
        import paramiko
        wire.sign_in(one, person, "mri-3")
        with pytest.raises(paramiko.ChannelException):
            one.open_channel("direct-tcpip", ("127.0.0.1", hospital.sshd.port), ("127.0.0.1", 1))
        channel = one.open_session()
        channel.exec_command("echo still here")
        assert channel.recv(100) == b"still here\n"
    assert ("forward:local", f"127.0.0.1:{hospital.sshd.port}") in refused(hospital, person)


@pytest.mark.parametrize("option", ["-L", "-D", "-R", "-W"])
def test_forwarding_options_of_openssh_say_why_not(hospital, option):
    from hospital.sshd import free_port
    person, port = hospital.staff(), free_port()
    if option == "-W":
        done = hospital.ssh(person, "mri-3", options=("-W", f"127.0.0.1:{hospital.sshd.port}"))
        assert done.status != 0 and "SSH-2.0" not in done.text
    elif option == "-R":
        with hospital.terminal(person, "mri-3", options=("-R", f"{port}:127.0.0.1:{hospital.sshd.port}")) as terminal:
            terminal.expect("(?i)remote port forwarding failed|not allowed")
            terminal.send("echo still here; exit\n")
            terminal.expect(r"still here\r\n")
            terminal.wait()
    else:
        words = ("-L", f"{port}:127.0.0.1:{hospital.sshd.port}") if option == "-L" else ("-D", str(port))
        with hospital.terminal(person, "mri-3", options=words) as terminal:
            terminal.send("PS1='>'; echo go$((40+2))\n")
            terminal.expect("go42")
            import socket
            with socket.create_connection(("127.0.0.1", port), 5) as sock:
                sock.settimeout(10)
                if option == "-D":  # SOCKS5: no authentication, connect to the target's own sshd
                    sock.sendall(b"\x05\x01\x00")
                    assert sock.recv(2) == b"\x05\x00"
                    sock.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + hospital.sshd.port.to_bytes(2, "big"))
                got = b""
                try:
                    while more := sock.recv(1000):
                        got += more
                except OSError:
                    pass
                assert b"SSH-2.0" not in got
            terminal.expect(NOT_ALLOWED)
            terminal.send("exit\n")
            terminal.wait()
    assert refused(hospital, person)[0][0] == ("forward:remote" if option == "-R" else "forward:local")


def test_agent_forwarding_is_refused(hospital):
    person = hospital.staff()
    agent = hospital.home / "agent.sock"
    keeper = subprocess.Popen(["ssh-agent", "-D", "-a", str(agent)], stdout=subprocess.DEVNULL)
    try:
        while not agent.exists():
            time.sleep(0.02)
        done = hospital.ssh(person, "mri-3", "echo [$SSH_AUTH_SOCK]", options=("-A", "-o", f"IdentityAgent={agent}"))
        assert done.text == "[]\n"
    finally:
        keeper.terminate()
        keeper.wait()
    assert [kind for kind, _ in refused(hospital, person)] == ["agent"]


def test_x11_forwarding_is_refused(hospital):
    person = hospital.staff()
    with wire.transport(hospital) as one:
        import paramiko
        wire.sign_in(one, person, "mri-3")
        channel = one.open_session()
        with pytest.raises(paramiko.SSHException):
            channel.request_x11(auth_cookie="00" * 16)
    deadline = time.monotonic() + 5
    while not refused(hospital, person) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [kind for kind, _ in refused(hospital, person)] == ["x11"]


def test_unknown_channels_and_requests_are_refused(hospital):
    import paramiko
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        for kind in ("tun@openssh.com", "direct-streamlocal@openssh.com", "forwarded-tcpip", "x11", "auth-agent@openssh.com"):
            with pytest.raises((paramiko.SSHException, EOFError)):
                one.open_channel(kind, ("127.0.0.1", 1) if kind == "forwarded-tcpip" else None, ("127.0.0.1", 1), timeout=10)
            if not one.is_active():
                break
        if one.is_active():
            assert one.global_request("hostkeys-prove-00@openssh.com", (), wait=True) is None
            assert one.global_request("streamlocal-forward@openssh.com", ("/tmp/x",), wait=True) is None
            channel = one.open_session()
            channel.exec_command("echo still here")
            assert channel.recv(100) == b"still here\n"
    assert hospital.ssh(person, "mri-3", "echo", "next").text == "next\n"


def test_a_second_command_in_one_channel_is_refused(hospital):
    import paramiko
    person = hospital.staff()
    with wire.transport(hospital) as one:
        wire.sign_in(one, person, "mri-3")
        channel = one.open_session()
        channel.exec_command("sleep 3; echo first")
        try:
            channel.exec_command("echo second")
        except paramiko.SSHException:
            pass
        got = b""
        channel.settimeout(10)
        while more := channel.recv(100):
            got += more
        assert b"second" not in got


def test_on_request_says_that_approval_is_needed(hospital):
    vendor = hospital.vendor()
    done = hospital.ssh(vendor, "ct-1", "id")
    assert done.status != 0 and "needs an approval" in done.errors and "4711" in done.errors and "uid=" not in done.text
    assert hospital.audit(kind="access.decided", person=vendor.name)[0]["fields"]["verdict"] in ("needs_approval", "needs-approval")
    with hospital.terminal(vendor, "ct-1") as terminal:
        terminal.expect("Reason: ")
        terminal.send("\x03")
        terminal.expect("Nothing was asked for")
        assert terminal.wait() != 0


def test_an_unknown_target_and_one_without_a_rule_sound_the_same(hospital):
    said = set()
    for where in ("lone-1", "no-such-target", f"lone-1+{hospital.account}", "no-such-target+root", "lone-1+no-such-account"):
        person = hospital.staff(key=True)
        done = hospital.ssh(person, where, "id", way="key")
        assert done.status != 0 and "uid=" not in done.text
        said.add(done.errors.replace(where.split("+")[0], "TARGET").replace(where, "TARGET"))
    assert len(said) == 1, said
    assert hospital.audit(kind="access.decided", person=person.name)[0]["fields"]["verdict"] == "deny"


def test_a_forbid_beats_the_permit(hospital):
    person = hospital.staff(key=True)
    done = hospital.ssh(person, "pump-1", "id", way="key")
    assert done.status != 0 and NOT_ALLOWED in done.errors and "uid=" not in done.text
    with hospital.terminal(person, "pump-1", way="key") as terminal:
        terminal.send("echo a-shell-is-$((40+2)); exit\n")
        terminal.expect("a-shell-is-42")
        terminal.wait()


def test_a_target_that_refuses_connections_says_so(hospital):
    person = hospital.staff()
    done = hospital.ssh(person, "gone-1", "id")
    assert done.status != 0 and re.search("gone-1 cannot be reached", done.errors) and "4711" in done.errors and done.seconds < 10
    assert hospital.audit(kind="target.unreachable", person=person.name)


def test_a_target_that_never_answers_times_out_and_says_so(hospital):
    person = hospital.staff()
    done = hospital.ssh(person, "mute-1", "id", timeout=50)
    assert done.status != 0 and "did not answer in time" in done.errors and "4711" in done.errors and done.seconds < 30
    assert hospital.audit(kind="target.unreachable", person=person.name)


def test_a_changed_host_key_refuses_before_any_credential(hospital):
    person = hospital.staff(key=True)
    before = hospital.changed.log.read_text()
    done = hospital.ssh(person, "changed-1", "id", way="key")
    assert done.status != 0 and "host key" in done.errors and "uid=" not in done.text
    assert "Nothing was sent" in done.errors or "No credential was used" in done.errors
    said = hospital.changed.log.read_text()[len(before):]
    assert "Connection from" in said and not re.search(r"(?i)accepted|failed|userauth|invalid user|publickey", said), said
    assert hospital.audit(kind="target.key-changed", person=person.name)
    assert not hospital.audit(kind="secret.used", person=person.name)


def test_a_changed_host_key_of_the_same_kind_is_seen_too_when_others_are_pinned(hospital):
    """Two keys pinned, neither of them the one that is shown."""
    document = hospital.document()
    from hospital.sshd import make_key
    other = make_key(hospital.home / "other-host-key").with_suffix(".pub").read_text().split()[:2]
    document["targets"]["changed-1"]["host_key"] = [hospital.sshd.public_host_key(), " ".join(other)]
    hospital.apply_policy(document)
    person = hospital.staff()
    done = hospital.ssh(person, "changed-1", "id")
    assert done.status != 0 and "host key" in done.errors
    document["targets"]["changed-1"]["host_key"].append(hospital.changed.public_host_key())
    hospital.apply_policy(document)
    assert "uid=" in hospital.ssh(hospital.staff(), "changed-1", "id").text, "the twin: pinned, and so trusted"
    hospital.apply_policy(hospital.document())


def test_a_refused_credential_says_so(hospital):
    person = hospital.staff()
    keys = hospital.sshd.authorized_keys.read_text()
    hospital.sshd.authorized_keys.write_text("")
    try:
        done = hospital.ssh(person, "mri-3", "id")
    finally:
        hospital.sshd.authorized_keys.write_text(keys)
    assert done.status != 0 and "refused the stored credential" in done.errors
