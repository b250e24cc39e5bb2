"""The hospital of the tests: one sshd behind several targets, and one target for each way in which a target can fail."""
import contextlib
import copy
import socket

from .anteroom import Anteroom
from .sshd import Sshd, free_port, make_key


class Hospital(Anteroom):
    def __init__(self, **more):
        super().__init__(**more)
        self.sshd = Sshd(self.home / "mri")
        self.changed = Sshd(self.home / "changed")
        self.mute = None
        self.secret_targets = ("mri-3", "ct-1", "brief-1", "mute-1", "gone-1", "changed-1", "pump-1", "lone-1")

    @property
    def account(self):
        return self.sshd.user

    def document(self):
        """The policy, to be changed by a test that applies its own."""
        account = {self.account: {"secret": "stored"}}

        def target(port, key, zone="imaging"):
            return {"address": f"127.0.0.1:{port}", "protocol": "ssh", "host_key": key, "labels": {"zone": zone}, "accounts": copy.deepcopy(account)}

        mri, port = self.sshd.public_host_key(), self.sshd.port
        return {
            "version": 1,
            "vendors": {"acme-imaging": {"name": "Acme Imaging", "agreement": {"signed": "2026-01-15", "expires": "2038-01-15"}}},
            "roles": {"mri-service": {"members": ["vendor:acme-imaging"]}, "privacy-office": {"members": ["group:reviewers"]}},
            "targets": {
                "mri-3": target(port, mri), "ct-1": target(port, mri), "brief-1": target(port, mri), "lone-1": target(port, mri, "alone"),
                "pump-1": target(port, mri, "infusion"), "mute-1": target(self.mute.getsockname()[1], mri), "gone-1": target(self.closed_port, mri),
                "changed-1": target(self.changed.port, mri)},
            "rules": [
                {"id": "staff", "who": ["group:staff"], "to": {"targets": ["mri-3", "mute-1", "gone-1", "changed-1"]}, "allow": ["shell", "exec", "env"], "access": "standing"},
                {"id": "plain", "who": ["group:plain"], "to": {"targets": ["mri-3"]}, "allow": ["shell", "exec"], "access": "standing"},
                {"id": "narrow", "who": ["group:narrow"], "to": {"targets": ["mri-3"]}, "allow": ["exec:uname *"], "access": "standing"},
                {"id": "brief", "who": ["group:staff"], "to": {"targets": ["brief-1"]}, "allow": ["shell", "exec"], "access": "standing", "max": "5s"},
                {"id": "on-request", "who": ["role:mri-service"], "to": {"targets": ["ct-1"]}, "allow": ["shell"], "access": "on-request",
                 "approval": {"by": ["group:staff"], "max": "1h"}},
                {"id": "pumps", "who": ["group:staff"], "to": {"targets": ["pump-1"]}, "allow": ["shell", "exec"], "access": "standing"},
                {"id": "never-exec-on-pumps", "forbid": True, "who": ["any"], "to": {"labels": {"zone": "infusion"}}, "allow": ["exec"]}],
            "reviewers": [{"who": ["role:privacy-office"], "of": {"labels": {"zone": "imaging"}}}]}

    def open(self, limits=None):
        self.sshd.start()
        self.changed.start()
        self.mute = socket.create_server(("127.0.0.1", 0))
        self.closed_port = free_port()
        self.init(limits)
        self.serve()
        self.apply_policy(self.document())
        key = make_key(self.home / "target-key")
        self.sshd.authorize(f"{key}.pub")
        self.changed.authorize(f"{key}.pub")
        for name in self.secret_targets:
            self.cli("secret", "put", f"{name}/{self.account}", "--key", key)
        return self

    def close(self):
        with contextlib.ExitStack() as all_of:
            all_of.callback(self.remove)
            all_of.callback(self.stop)
            all_of.callback(self.changed.stop)
            all_of.callback(self.sshd.stop)
            if self.mute:
                all_of.callback(self.mute.close)

    def vendor(self, **more):
        return self.person(vendor="acme-imaging", **more)

    def staff(self, **more):
        return self.person("staff", **more)

    def reviewer(self, **more):
        return self.person("reviewers", **more)
