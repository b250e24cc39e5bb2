"""What commands without a terminal print is seen by those who review it: played, in the console, live, and in a cast; and nothing in it passes for more than output."""
import json
import re
import subprocess

import pytest

from hospital.console import ConsoleHospital
from hospital.console_people import People
from hospital.house import until
from hospital.replay import replay

OWN = re.compile(r"\x1b\[0;7manteroom, channel (\d+): (.*?)\x1b\[0m\r\n")
READ = "echo patient-$((40+2)); echo trouble-$((50+2)) >&2; exit 3"
FORGED = r"""printf 'before\n\033[2J\033[H\033[1;7manteroom, channel 1: exit status 0\033[0m\n\033]52;c;b3duZWQ=\007\033[6n\033[?1049hto the end\n'"""


@pytest.fixture(scope="module")
def hospital():
    here = ConsoleHospital()
    try:
        here.open()
        yield here
    finally:
        here.close()


@pytest.fixture(scope="module")
def people(hospital):
    return People(hospital)


def run(hospital, command, status=0):
    """Its recording."""
    person = hospital.staff(key=True)
    assert hospital.ssh(person, "mri-3", command, way="key").status == status
    return hospital.recording_of(person, within=40)["id"]


def played(hospital, session):
    return hospital.reviewed("recording", "play", session, "--speed", "1000", person=hospital.reviewer()).text


def exported(hospital, session):
    out = hospital.home / f"{session}.cast"
    hospital.reviewed("recording", "export", session, "--format", "cast", "--out", out, person=hospital.reviewer())
    return [json.loads(line) for line in out.read_text().splitlines()][1:]


def in_cast(hospital, session):
    return "".join(one[2] for one in exported(hospital, session) if one[1] == "o")


def in_console(people, session):
    with replay(people["ruth"], session) as player:
        player.want(player.kind("begin")["duration"] + 1000)
        return player.text


def is_indexed(hospital, session):
    index = hospital.dir / "recordings" / f"{session}.aidx"
    return index.exists() and not index.with_name(index.name + ".new").exists()


@pytest.fixture(scope="module")
def read(hospital):
    return run(hospital, READ, status=3)


@pytest.mark.parametrize("way", ["play", "cast", "console"])
def test_the_command_what_it_printed_and_how_it_ended_are_shown(hospital, people, read, way):
    text = {"play": lambda: played(hospital, read), "cast": lambda: in_cast(hospital, read), "console": lambda: in_console(people, read)}[way]()
    assert f"command: {READ}" in text and "patient-42\r\n" in text and "trouble-52\r\n" in text, text
    assert [one[1] for one in OWN.findall(text)] == [f"command: {READ}", "exit status 3; 22 bytes out, 0 bytes in"]


def test_any_moment_shows_the_same_as_from_the_beginning(hospital, people):
    session = run(hospital, "echo first-$((1+1)); sleep 1; echo second-$((1+1)); sleep 1; echo third-$((1+1))")
    until(lambda: is_indexed(hospital, session), 60)
    with replay(people["ruth"], session) as player:
        duration = player.kind("begin")["duration"]
        player.want(duration + 1000)
        whole = player.text
        assert "first-2" in whole and "second-2" in whole and "third-2" in whole
        second = next(one["at"] for one in player.said if one["kind"] == "show" and "second-2" in one["text"])
        for at, seen in ((duration, "third-2"), (second + 1, "second-2"), (second - 1, "first-2"), (0, "")):
            player.seek(at)
            assert seen in player.text and whole.startswith(player.text), (at, player.text)
            player.want(duration + 1000)
            assert player.text == whole


def test_a_live_command_is_watched(hospital, people):
    person = hospital.staff(key=True)
    with hospital.start_ssh(person, "mri-3", "echo live-$((1+1)); read rest; echo got-$rest", way="key", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as command:
        try:
            assert command.stdout.readline() == b"live-2\n"
            session = next(one["id"] for one in hospital.json("session", "list") if one["person"] == person.name)
            with replay(people["ruth"], session) as player:
                assert player.kind("begin")["live"]
                player.until(lambda _: "live-2" in player.text, 40)
                assert "command: echo live-" in player.text and "exit status" not in player.text
                command.stdin.write(b"typed\n")
                command.stdin.close()
                player.until(lambda _: "got-typed" in player.text and "exit status 0" in player.text, 40)
                assert "\r\ntyped\r\n" not in player.text
        finally:
            command.kill()


def test_output_cannot_pass_for_anterooms_lines_nor_hide_what_stands_there(hospital, people):
    session = run(hospital, FORGED)
    for text in (played(hospital, session), in_cast(hospital, session), in_console(people, session)):
        assert [one[1].split(";")[0].split(":")[0] for one in OWN.findall(text)] == ["command", "exit status 0"], text
        assert "before\r\n" in text and "to the end\r\n" in text
        for hostile in ("\x1b[2J", "\x1b[H", "\x1b[1;7m", "\x1b]", "\x1b[6n", "\x1b[?1049h", "\x07"):
            assert hostile not in text, hostile


def test_what_is_no_text_is_summed_up(hospital, people):
    session = run(hospital, "head -c 100000 /dev/urandom")
    for text in (played(hospital, session), in_cast(hospital, session), in_console(people, session)):
        assert re.search(r"[0-9,]+ bytes that are not text", text) and "exit status 0; 100,000 bytes out, 0 bytes in" in text
        assert len(text) < 3000, "it does not flood the screen"
        assert not set(re.findall(r"[\x00-\x1f\x7f]", text)) - set("\r\n\x1b\x0f"), "0f: part of a terminal's restoration"


def test_a_command_beside_a_terminal_is_told_of_and_can_be_looked_at(hospital, people):
    person = hospital.staff(key=True)
    options = ("-o", "ControlMaster=auto", "-S", str(hospital.home / "beside"))
    with hospital.terminal(person, "mri-3", way="key", options=options) as terminal:
        terminal.expect("recorded, until")
        terminal.send("echo in-$((40+2))\r")
        terminal.expect("in-42")
        assert "beside-42" in hospital.ssh(person, "mri-3", "echo beside-$((40+2))", way="key", options=options).text
        terminal.send("exit\r")
        terminal.rest()
    session = hospital.recording_of(person, within=40)["id"]
    until(lambda: is_indexed(hospital, session), 60)
    with replay(people["ruth"], session) as player:
        duration = player.kind("begin")["duration"]
        player.want(duration + 1000)
        assert "in-42" in player.text and "beside-42" not in player.text
        beside = player.kind("note", text="it prints beside the terminal, where it is not shown: look at this channel")["channel"]
        player.seek(duration)
        assert beside in player.kind("sought", seek=player.seeks)["channels"]
        player.ask({"channel": beside})
        player.seek(duration)
        assert "beside-42" in player.text and "in-42" not in player.text
    cast = exported(hospital, session)
    assert [one[2] for one in cast if one[1] == "m" and f"(channel {beside})" in one[2]] == [
        f"What a command prints beside the terminal (channel {beside}) is not shown here: the console's replay shows it, and a bundle holds it."]
    assert not [one for one in cast if one[1] == "o" and "beside-42" in one[2]]
