"""A hijacked worker, as the broker sees it: the real anteroom-ssh with somebody between it and the broker, who tells a target's
identity as it suits him (TargetIdentity: algorithm, host key, exchange hash, signature; base/wire.h)."""
import base64
import json
import shutil
import struct
import sys

from . import anteroom

PROGRAM = """#!{python} -I
import array, base64, ctypes, json, os, select, signal, socket, struct, sys
REAL, PLAN, SEEN = {real!r}, {plan!r}, {seen!r}
if "--self-test" in sys.argv:
    os.execv(REAL, [REAL, *sys.argv[1:]])
broker = socket.socket(fileno=4)
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
for one in (ours, theirs, broker):
    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 19)
if os.fork() == 0:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    os.dup2(theirs.fileno(), 4)
    os.closerange(5, 64)
    os.execve(REAL, [REAL], {{}})
theirs.close()
os.close(3)

def fields(body):
    found, at = [], 0
    while at + 4 <= len(body):
        (size,) = struct.unpack_from("<I", body, at)
        found.append(body[at + 4:at + 4 + size])
        at += 4 + size
    return found if at == len(body) else []

def told(data):
    parts = fields(data[1:])
    if len(parts) != 4 or parts[1][4:4 + len(parts[0])] != parts[0] or not parts[0]:
        return data
    text = [base64.b64encode(one).decode() for one in parts]
    with open(SEEN, "a") as out:
        out.write(json.dumps(text) + "\\n")
    with open(PLAN) as file:
        plan = json.load(file)
    new = [base64.b64decode(plan[i] if plan[i] is not None else text[i]) for i in range(4)]
    return data[:1] + b"".join(struct.pack("<I", len(one)) + one for one in new)

while True:
    for source in select.select([broker, ours], [], [])[0]:
        data, fds, _, _ = socket.recv_fds(source, 1 << 18, 8)
        if not data:
            os._exit(0)
        sink = ours if source is broker else broker
        socket.send_fds(sink, [told(data) if source is ours else data], fds)
        for fd in fds:
            os.close(fd)
"""


class Hijack:
    """Programs in `folder`, of which the worker is hijacked. `plan` holds what is told in place of each field, or None."""

    def __init__(self, folder):
        self.folder = folder
        self.plan_file, self.seen_file = folder / "plan.json", folder / "seen.jsonl"
        folder.mkdir()
        for program in ("anteroom", "anteroom-broker", "anteroom-gateway"):
            shutil.copy(anteroom.BIN / program, folder / program)
        worker = folder / "anteroom-ssh"
        worker.write_text(PROGRAM.format(python=sys.executable, real=str(anteroom.BIN / "anteroom-ssh"), plan=str(self.plan_file), seen=str(self.seen_file)))
        worker.chmod(0o755)
        self.tell()

    def tell(self, host_key=None, exchange_hash=None, signature=None):
        def text(data):
            return None if data is None else base64.b64encode(data).decode()
        algorithm = None if host_key is None else host_key[4:4 + struct.unpack(">I", host_key[:4])[0]]
        self.plan_file.write_text(json.dumps([text(algorithm), text(host_key), text(exchange_hash), text(signature)]))

    def seen(self):
        """What the real worker said last: (algorithm, host key, exchange hash, signature)."""
        return [base64.b64decode(one) for one in json.loads(self.seen_file.read_text().splitlines()[-1])]
