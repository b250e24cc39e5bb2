"""An HTTPS receiver of web hooks that keeps every call, and can be as bad as receivers are."""
import dataclasses
import http.server
import json
import socket
import threading
import time

from .sshd import free_port


@dataclasses.dataclass
class HookCall:
    path: str
    headers: dict
    body: bytes
    at: float
    behave: object  # what became of it

    @property
    def json(self):
        return json.loads(self.body)


class Hooks:
    """`behave` says what becomes of a call: "ok", a status, "redirect", "slow", "endless" or "endless headers"."""

    def __init__(self, context=None, port=0):
        self.context, self.port = context, port or free_port()
        self.calls, self.behave, self.server = [], "ok", None

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    def start(self):
        hooks = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def setup(self):
                if hooks.context:  # here, in a thread of the connection: a bad handshake is its own
                    self.request = hooks.context.wrap_socket(self.request, server_side=True)
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                behave = hooks.behave
                hooks.calls.append(HookCall(self.path, dict(self.headers.items()), body, time.monotonic(), behave))
                hooks.answer(self, behave)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def answer(self, handler, behave):
        if behave == "slow":
            for letter in b"HTTP/1.1 200 " + b"O" * 60:  # a byte now and then, and never a whole status line
                handler.wfile.write(bytes([letter]))
                time.sleep(0.5)
        elif behave == "endless":
            handler.send_response(200)
            handler.send_header("Content-Length", str(1 << 30))
            handler.end_headers()
            self.sent = 0
            while self.sent < 1 << 30:
                self.sent += handler.wfile.write(b"x" * 65536)
        elif behave == "endless headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                handler.wfile.write(b"X-More: " + b"x" * 4096 + b"\r\n")
        else:
            handler.send_response(302 if behave == "redirect" else 200 if behave == "ok" else behave)
            if behave == "redirect":
                handler.send_header("Location", f"{self.url}/elsewhere")
            handler.send_header("Content-Length", "2")
            handler.end_headers()
            handler.wfile.write(b"ok")

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None

    def bodies(self):
        return [call.json for call in self.calls]

    def taken(self):
        """Deliveries that were answered as they should be, in order, repetitions left out."""
        return list(dict.fromkeys(call.json["delivery"] for call in self.calls if call.behave == "ok"))


class Silent:
    """Takes connections and never says a word."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.socket.getsockname()[1]

    def stop(self):
        self.socket.close()
