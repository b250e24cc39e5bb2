"""Real RDP: targets (freerdp-shadow, xrdp) with a display and a program on it, and clients (xfreerdp, rdesktop) at displays of their own."""
import base64
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading

from .display import Desktop, Display, end, found, missing, read_line
from .sshd import die_with_parent, free_port, until_it_listens

HERE = pathlib.Path(__file__).resolve().parent


def program(*names):
    """Debian 13 names FreeRDP 3's programs otherwise."""
    return next((name for name in names if shutil.which(name)), names[0])


SHADOW = program("freerdp-shadow-cli", "freerdp-shadow-cli3")
XFREERDP = program("xfreerdp", "xfreerdp3")
WINPR_HASH = program("winpr-hash", "winpr-hash3")


def lacking():
    """What the tests of RDP need and this machine has not."""
    return missing(SHADOW, XFREERDP, WINPR_HASH, "openssl")


def fingerprint(certificate):
    """SHA-256 of the first certificate in a PEM file."""
    text = pathlib.Path(certificate).read_text()
    end_line = "-----END CERTIFICATE-----"
    text = text[text.index("-----BEGIN CERTIFICATE-----"):text.index(end_line) + len(end_line)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).digest()


class Cart:
    """The program on a target's screen (cart.py)."""

    def __init__(self, display, folder, first="picture"):
        self.reports = pathlib.Path(folder) / "arrived.jsonl"
        self.reports.unlink(missing_ok=True)
        self.log = pathlib.Path(folder) / "cart.log"
        self.process = subprocess.Popen([sys.executable, HERE / "cart.py", self.reports], env=display.env(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log.open("ab"),
                                        text=True, start_new_session=True, preexec_fn=die_with_parent)
        self.tell(first)

    def tell(self, line):
        self.start(line)
        self.finish()

    def start(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def finish(self):
        assert self.process.stdout.readline() == "done\n", self.log.read_text()[-2000:]

    def arrived(self, what=None):
        if not self.reports.exists():
            return []
        # The last line may be in the making.
        facts = [json.loads(line) for line in self.reports.read_text().splitlines(True) if line.endswith("\n")]
        return [one for one in facts if what in (None, one["what"])]

    def typed(self):
        """The text of the keys that were pressed."""
        return "".join(one["text"] for one in self.arrived("key") if one["down"])

    def clicks(self):
        return [(one["number"], one["x"], one["y"]) for one in self.arrived("button") if one["down"]]

    def close(self):
        end(self.process)


class Target:
    """What each kind of target has: a display, a program on it, a certificate, a port."""

    def make_certificate(self, name="target"):
        self.certificate, self.key = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        if not self.certificate.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", self.key, "-out", self.certificate, "-subj", "/CN=cart.hospital.example"],
                           check=True, capture_output=True)

    def pin(self):
        """As policy wants it."""
        return "x509-sha256 " + base64.b64encode(fingerprint(self.certificate)).decode()

    def launch(self, argv, log, **more):
        return subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=log.open("ab"), stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent,
                                **more)


class Shadow(Target):
    """freerdp-shadow shares an Xvfb: NLA with one account, or TLS with none. It has the screen, keys and mouse; neither clipboard nor drives."""

    def __init__(self, folder, width=1024, height=768, user="service", password="for the cart", nla=True, port=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user, self.password, self.nla, self.port = user, password, nla, port or free_port()
        self.size, self.log = (width, height), self.folder / "shadow.log"
        self.display = self.cart = self.process = None
        self.make_certificate()

    def start(self, cart=True):
        self.display = Display(self.folder, *self.size, "target")
        if cart:
            self.cart = Cart(self.display, self.folder)
        home = self.folder / "home"
        # FreeRDP 2 and 3 look for the certificate in different places, and make their own where there is none.
        for place in (home / ".config/freerdp/server", home / ".config/freerdp/shadow"):
            place.mkdir(parents=True, exist_ok=True)
            for name in ("shadow", "server"):
                shutil.copy(self.certificate, place / f"{name}.crt")
                shutil.copy(self.key, place / f"{name}.key")
        security = ["/sec:tls", "-auth"]
        if self.nla:
            hashed = subprocess.run([WINPR_HASH, "-u", self.user, "-p", self.password, "-f", "sam"], check=True, capture_output=True, text=True).stdout
            sam = self.folder / "sam"
            sam.write_text(hashed)
            security = ["/sec:nla", f"/sam-file:{sam}", "+auth"]
        self.process = self.launch([SHADOW, f"/port:{self.port}", "/bind-address:127.0.0.1", *security], self.log,
                                   env=self.display.env(HOME=str(home), XDG_CONFIG_HOME=str(home / ".config"), WLOG_LEVEL="INFO"))
        until_it_listens(self.port, self.process, self.log)
        return self

    def failed_logons(self):
        return self.log.read_text(errors="replace").count("client authentication failure")

    def close(self):
        end(self.process)
        for one in (self.cart, self.display):
            if one:
                one.close()


XRDP = """[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
tcp_nodelay=true
security_layer=tls
crypt_level=high
certificate={certificate}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=cart
allow_channels=true
allow_multimon=true
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both
[Logging]
LogFile={log}
LogLevel=INFO
EnableSyslog=false
[Channels]
rdpdr=true
rdpsnd=true
drdynvc=true
cliprdr=true
[cart]
name=cart
lib=libvnc.so
username=ask
password=ask
ip=127.0.0.1
port={vnc}
chansrvport=DISPLAY({display})
"""
# A VNC password is kept as DES with a key that is known to everybody: these eight bytes are "password".
VNC_PASSWORD, VNC_FILE = "password", bytes.fromhex("dbd83cfd727a1458")
SOCKETS = pathlib.Path("/run/xrdp/sockdir")


class Xrdp(Target):
    """xrdp in front of an Xvnc, with its channel server: TLS and a password, clipboard, drives, resizing. Neither sesman nor PAM: no account of this machine
    is used. Its encoder crashes on noise (0.9.21), so its program shows a calmer picture. Needs /run/xrdp/sockdir, which root can make."""

    def __init__(self, folder, width=1024, height=768, port=0):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user, self.password, self.port, self.vnc = "service", VNC_PASSWORD, port or free_port(), free_port()
        self.size, self.log, self.home = (width, height), self.folder / "xrdp.log", self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.server = self.display = self.cart = self.process = self.channels = None
        self.make_certificate()

    def open_display(self):
        width, height = self.size
        (self.folder / "vnc-password").write_bytes(VNC_FILE)
        inside, outside = os.pipe()
        self.server = self.launch(["Xvnc", "-displayfd", outside, "-geometry", f"{width}x{height}", "-depth", 24, "-rfbport", self.vnc, "-localhost", "-SecurityTypes", "VncAuth",
                                   "-PasswordFile", self.folder / "vnc-password", "-AcceptSetDesktopSize=1", "-nolisten", "tcp"], self.folder / "vnc.log", pass_fds=(outside,))
        os.close(outside)
        number = read_line(inside, 15)
        os.close(inside)
        if not number:
            raise RuntimeError("Xvnc does not start: " + (self.folder / "vnc.log").read_text()[-2000:])
        self.display = Desktop(number, self.folder, width, height, name="target")

    @staticmethod
    def lacking():
        lacks = missing("xrdp", "xrdp-chansrv", "Xvnc", "xclip", XFREERDP)
        if not os.access(SOCKETS, os.W_OK) and os.geteuid() != 0:
            lacks.append(f"write access to {SOCKETS}")
        return lacks

    @property
    def drives(self):
        """Where the client's drives are mounted (FUSE)."""
        return self.home / "thinclient_drives"

    def start(self, cart=True):
        self.open_display()
        if cart:
            self.cart = Cart(self.display, self.folder, "calm")
        if os.geteuid() == 0 and not SOCKETS.exists():
            SOCKETS.mkdir(mode=0o3777, parents=True)
            SOCKETS.chmod(0o3777)
        self.channels = self.launch([found("xrdp-chansrv")], self.folder / "chansrv.out", env=self.display.env(HOME=str(self.home), USER=self.user, CHANSRV_LOG_PATH=str(self.folder)))
        config = self.folder / "xrdp.ini"
        config.write_text(XRDP.format(port=self.port, certificate=self.certificate, key=self.key, log=self.log, vnc=self.vnc, display=self.display.number))
        self.process = self.launch([found("xrdp"), "-n", "-c", config], self.folder / "xrdp.out", env=self.display.env(HOME=str(self.home)))
        until_it_listens(self.port, self.process, self.folder / "xrdp.out")
        return self

    def channels_said(self):
        """What its channel server noticed of sound, printers and cards."""
        return "".join(one.read_text(errors="replace") for one in self.folder.glob("xrdp-chansrv*.log"))

    def connections(self):
        return self.log.read_text(errors="replace").count("AF_INET connection received")

    def close(self):
        end(self.process)
        end(self.channels)
        if self.drives.is_mount():
            subprocess.run(["umount", "-l", self.drives], check=False, capture_output=True)
        for one in (self.cart, self.display):
            if one:
                one.close()
        end(self.server)


class Relay:
    """Lets a client come from an address of its own: failures count by source, and RDP clients cannot choose theirs."""

    def __init__(self, port, source):
        self.to, self.source = port, source
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
                far = socket.create_connection(("127.0.0.1", self.to), 10, source_address=(self.source, 0))
            except OSError:
                return
            far.settimeout(None)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        try:
            while block := one.recv(65536):
                other.sendall(block)
        except OSError:
            pass
        for each in (one, other):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.socket.close()


class Client:
    """A program that shows a target's screen, at a display of its own."""

    def __init__(self, folder, argv, width=1024, height=768, name="client", screen=None, home=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.display = Display(self.folder, *(screen or (width, height)), name)
        self.log = self.folder / f"{name}-program.log"
        home = home or self.folder / f"{name}-home"
        home.mkdir(exist_ok=True)
        self.argv = [str(word) for word in argv]
        self.process = subprocess.Popen(self.argv, env=self.display.env(HOME=str(home)), stdin=subprocess.PIPE, stdout=self.log.open("ab"), stderr=subprocess.STDOUT,
                                        start_new_session=True, preexec_fn=die_with_parent)
        # rdesktop asks there whether it may trust a certificate that it does not know.
        self.process.stdin.write(b"yes\n")
        self.process.stdin.close()

    def lives(self):
        return self.process.poll() is None

    def ended(self, within=20):
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{shlex.join(self.argv)} still runs after {within} s; {self.display.picture().save(self.folder / 'still.png')}") from None

    def said(self):
        return self.log.read_text(errors="replace")

    def pause(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def close(self):
        if self.lives():
            self.resume()
        end(self.process)
        self.display.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def xfreerdp(port, user="", password=None, *more, width=1024, height=768, depth=32, security="tls"):
    """argv of FreeRDP's client. By itself it offers no codec that loses anything; `/rfx` and `+nsc` do (and in version 2 `-rfx` means `/rfx`)."""
    words = [XFREERDP, f"/v:127.0.0.1:{port}", "/cert:ignore", f"/sec:{security}", f"/size:{width}x{height}", f"/bpp:{depth}", "-grab-keyboard", "/log-level:INFO", "-auto-reconnect"]
    words += [f"/u:{user}"]  # without it, it would say who runs it
    words += [f"/p:{password}"] if password is not None else []
    return [*words, *more]


def remmina(folder, port, user, password, width=1024, height=768):
    """argv of Remmina with a profile made for it. It keeps passwords in its own wrapping (3DES under a secret of its preferences), and needs no session bus."""
    home, secret = pathlib.Path(folder), os.urandom(32)
    (home / ".config/remmina").mkdir(parents=True)
    (home / ".config/remmina/remmina.pref").write_text(f"[remmina_pref]\nsecret={base64.b64encode(secret).decode()}\nalways_show_tab=false\nhide_connection_toolbar=true\ndisable_news=1\nperiodic_news_permitted=0\nperiodic_usage_stats_permitted=0\n")
    padded = password.encode() + bytes(8 - len(password.encode()) % 8)
    wrapped = subprocess.run(["openssl", "enc", "-des-ede3-cbc", "-nopad", "-K", secret[:24].hex(), "-iv", secret[24:].hex()], input=padded, check=True, capture_output=True).stdout
    profile = {"name": "desk", "protocol": "RDP", "server": f"127.0.0.1:{port}", "username": user, "password": base64.b64encode(wrapped).decode(), "security": "tls", "cert_ignore": 1,
               "colordepth": 32, "quality": 9, "resolution_mode": 2, "resolution_width": width, "resolution_height": height, "viewmode": 1, "scale": 0, "window_width": width,
               "window_height": height, "sound": "off", "disableautoreconnect": 1}
    file = home / "desk.remmina"
    file.write_text("[remmina]\n" + "".join(f"{key}={value}\n" for key, value in profile.items()))
    return ["env", f"HOME={home}", "DBUS_SESSION_BUS_ADDRESS=disabled:", "NO_AT_BRIDGE=1", "remmina", "--disable-toolbar", "--no-tray-icon", "-c", file]


def rdesktop(port, user="", password=None, *more, width=1024, height=768, depth=16):
    words = ["rdesktop", "-g", f"{width}x{height}", "-a", str(depth), "-K", "-D", "-u", user]
    words += ["-p", password] if password is not None else []
    return [*words, *more, f"127.0.0.1:{port}"]
