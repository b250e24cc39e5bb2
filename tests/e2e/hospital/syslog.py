"""A real rsyslogd of its own: TCP or TLS in, one file out. With GnuTLS: its OpenSSL driver mixes up connections that come close together, and loses what they carry
(rsyslog 8.2302, its issue 5201; 2 of 40 runs of any client)."""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess

from .sshd import die_with_parent, free_port, until_it_listens

CONFIGURATION = """\
global(workDirectory="{folder}" maxMessageSize="300k" {tls})
module(load="imtcp" {mode} keepAlive="on")
input(type="imtcp" address="127.0.0.1" port="{port}")
template(name="line" type="string" string="%pri%\\t%timestamp:::date-rfc3339%\\t%hostname%\\t%app-name%\\t%msgid%\\t%structured-data%\\t%msg%\\n")
action(type="omfile" file="{out}" template="line" asyncWriting="off" flushOnTXEnd="on")
"""


@dataclasses.dataclass
class Line:
    pri: int
    time: str
    host: str
    app: str
    kind: str
    data: dict
    text: str

    @property
    def json(self):
        return json.loads(self.text)


def read_line(line):
    pri, at, host, app, kind, data, text = line.split("\t", 6)
    return Line(int(pri), at, host, app, kind, dict(re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', data)), text.strip())


class Rsyslog:
    def __init__(self, folder, certificate=None, ca=None, port=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.certificate, self.ca = port or free_port(), certificate, ca
        self.out, self.log, self.process = self.folder / "out.log", self.folder / "rsyslogd.log", None

    def start(self):
        tls = mode = ""
        if self.certificate:
            tls = (f'defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{self.ca}" defaultNetstreamDriverCertFile="{self.certificate[0]}" '
                   f'defaultNetstreamDriverKeyFile="{self.certificate[1]}"')
            mode = 'streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon"'
        config = self.folder / "rsyslog.conf"
        config.write_text(CONFIGURATION.format(folder=self.folder, tls=tls, mode=mode, port=self.port, out=self.out))
        program = shutil.which("rsyslogd", path="/usr/sbin:" + os.environ.get("PATH", ""))
        self.process = subprocess.Popen([program, "-n", "-f", str(config), "-i", str(self.folder / "pid")], stdin=subprocess.DEVNULL, stdout=self.log.open("ab"),
                                        stderr=subprocess.STDOUT, env={"PATH": os.defpath}, preexec_fn=die_with_parent)
        # Looked at, not tried: nothing comes to it but what the test sends.
        until_it_listens(self.port, self.process, self.log)
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def lines(self):
        return [read_line(line) for line in self.out.read_text().splitlines()] if self.out.exists() else []

    def records(self):
        """Audit records as they came, in order."""
        return [line.json for line in self.lines() if "seq" in line.data]

    def alerts(self):
        return [line.json for line in self.lines() if "delivery" in line.data]
