"""A target that knows passwords only, as many devices do: a real SSH server on loopback that keeps what it was sent."""
import socket
import threading

import paramiko


class WrongHostKey(paramiko.PKey):
    """Shows one key and signs with another of its kind."""

    def __init__(self, shown, signs):
        self.shown, self.signs, self.public_blob = shown, signs, None

    def get_name(self):
        return self.shown.get_name()

    def asbytes(self):
        return self.shown.asbytes()

    def sign_ssh_data(self, data, algorithm=None):
        return self.signs.sign_ssh_data(data, algorithm)


class Session(paramiko.ServerInterface):
    """One connection."""

    def __init__(self, server):
        self.server = server

    def get_allowed_auths(self, username):
        return ",".join(self.server.methods)

    def judge(self, method, username, *answers):
        self.server.attempts.append((method, username, *answers))
        return paramiko.AUTH_SUCCESSFUL if username == self.server.user and answers and answers[-1] == self.server.password else paramiko.AUTH_FAILED

    def check_auth_password(self, username, password):
        return self.judge("password", username, password) if "password" in self.server.methods else paramiko.AUTH_FAILED

    def check_auth_interactive(self, username, submethods):
        self.asked = username
        return paramiko.InteractiveQuery("", "", *self.server.prompts)

    def check_auth_interactive_response(self, responses):
        return self.judge("keyboard-interactive", self.asked, *responses)

    def check_channel_request(self, kind, channel_id):
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel, command):
        def answer():
            channel.sendall(b"the device heard: " + command + b"\n")
            channel.send_exit_status(0)
            channel.close()
        # After the request was answered: the thread of the transport does that when this returns.
        threading.Timer(0.1, answer).start()
        return True


class PasswordServer:
    """`methods` that it offers; `prompts` of keyboard-interactive, the last of which asks for the password; `attempts` are what it was sent."""

    def __init__(self, key, user="service", password="", methods=("password",), prompts=(("Password: ", False),)):
        self.key, self.user, self.password, self.methods, self.prompts = key, user, password, methods, prompts
        self.attempts, self.transports = [], []
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def public_host_key(self):
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            transport = paramiko.Transport(sock)
            transport.add_server_key(self.key)
            if self.key.get_name() == "ssh-rsa":
                transport.server_key_dict = dict.fromkeys(("rsa-sha2-512", "rsa-sha2-256"), self.key)
            self.transports.append(transport)
            transport.start_server(event=threading.Event(), server=Session(self))

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for one in self.transports:
            one.close()
        self.thread.join(10)
