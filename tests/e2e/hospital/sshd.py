"""A real sshd of its own: port, host key, configuration and log in one folder. The machine's own sshd is left alone."""
import contextlib
import ctypes
import fcntl
import functools
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time


def this_user():
    return pwd.getpwuid(os.geteuid()).pw_name


def die_with_parent():
    """In a child before its program begins: whatever ends us, nothing of ours is left behind (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


HELD = set()


@functools.cache
def shared_locks():
    """A file with a byte for each port; who locks it holds the port. Closed with this process, and no child inherits the locks."""
    return open(pathlib.Path(tempfile.gettempdir()) / f"anteroom-ports-{os.getuid()}", "ab", opener=lambda path, flags: os.open(path, flags | os.O_NOFOLLOW, 0o600))


def free_port(preferred=0):
    """One that stays ours while this process lives: outside the range from which the kernel serves whoever asks for any, and locked against the tests beside this one."""
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in ([preferred] if preferred else []) + random.sample(range(10240, max(low, 20480)), 200):
        if port in HELD:
            continue
        with contextlib.suppress(OSError), socket.socket() as probe:
            fcntl.lockf(shared_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            HELD.add(port)
            return port
    raise OSError("no free port")


def listens(port):
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if any(f":{port:04X} " in line and line.split()[3] == "0A" for line in pathlib.Path(table).read_text().splitlines()[1:]):
            return True
    return False


def until_it_listens(port, process, log, within=15):
    deadline = time.monotonic() + within
    while not listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nothing listens on {port}: " + log.read_text(errors="replace")[-2000:])
        time.sleep(0.03)


def make_key(path, kind="ed25519", comment=""):
    if not pathlib.Path(path).exists():
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", comment or pathlib.Path(path).name, "-f", str(path)], check=True)
    return pathlib.Path(path)


def locked(user):
    """True when sshd without PAM would refuse the account because its password field says that it is locked."""
    try:
        lines = pathlib.Path("/etc/shadow").read_text().splitlines()
    except OSError:
        return False
    return any(line.startswith(user + ":!") for line in lines)


class Sshd:
    def __init__(self, folder, port=0, extra=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.user = this_user()
        self.log = self.folder / "sshd.log"
        self.host_key = make_key(self.folder / "host_key")
        self.authorized_keys = self.folder / "authorized_keys"
        self.authorized_keys.touch()
        # A home of its own: what the account's real one does at a login is none of ours.
        self.home = self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.extra = list(extra)
        self.process = None

    def public_host_key(self):
        kind, text = (self.folder / "host_key.pub").read_text().split()[:2]
        return f"{kind} {text}"

    def authorize(self, public_key_file):
        line = pathlib.Path(public_key_file).read_text().strip()
        if line not in self.authorized_keys.read_text().splitlines():
            with self.authorized_keys.open("a") as out:
                out.write(line + "\n")

    def configuration(self):
        pam = "yes" if locked(self.user) else "no"
        lines = [f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {self.host_key}", "PidFile none", f"AuthorizedKeysFile {self.authorized_keys}",
                 "StrictModes no", f"UsePAM {pam}", "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password",
                 "AcceptEnv LANG LC_* E2E_*", "Subsystem sftp internal-sftp", "LogLevel VERBOSE", "PrintMotd no", "PrintLastLog no", "MaxStartups 200",
                 "MaxSessions 64", "X11Forwarding yes", "UseDNS no", f"SetEnv HOME={self.home}", *self.extra]
        return "\n".join(lines) + "\n"

    def start(self):
        config = self.folder / "sshd_config"
        config.write_text(self.configuration())
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)  # the package's own start script makes it; sshd insists on it
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))
        # Away from the terminal: its own session, so that a Ctrl-C meant for us leaves the order of ending to us.
        self.process = subprocess.Popen([sshd, "-D", "-f", str(config), "-E", str(self.log)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log.open("ab"), env={"PATH": os.defpath, "HOME": os.environ.get("HOME", "/")}, start_new_session=True,
                                        preexec_fn=die_with_parent)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("sshd ended: " + self.log.read_text()[-2000:])
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("sshd does not listen: " + self.log.read_text()[-2000:])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
