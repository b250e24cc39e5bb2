"""A real SMTP server that keeps what it is given: STARTTLS, TLS or neither, with a password or without."""
import email
import email.policy
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from .sshd import free_port


class Letter:
    def __init__(self, envelope):
        self.sender, self.to, self.raw = envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content or envelope.content
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)

    def __getitem__(self, name):
        return self.message[name]

    @property
    def text(self):
        return self.message.get_content()


class MailServer:
    def __init__(self, context, security="starttls", password=None, port=0):
        self.context, self.security, self.password, self.port = context, security, password, port or free_port()
        self.letters, self.refused, self.controller = [], set(), None
        self.lock = threading.Lock()

    # Called by aiosmtpd, in its thread.
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            self.letters.append(Letter(envelope))
        return "250 OK"

    def start(self):
        more = {}
        if self.password:
            def check(server, session, envelope, mechanism, data):
                return AuthResult(success=data.password.decode() == self.password)
            more = {"authenticator": check, "auth_required": True, "auth_require_tls": self.security != "none"}
        if self.security == "starttls":
            more |= {"tls_context": self.context, "require_starttls": True}
        if self.security == "tls":
            more |= {"ssl_context": self.context}
            if self.password:
                more["auth_require_tls"] = False  # aiosmtpd looks for STARTTLS only
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self.controller.stop()
        self.controller = None
