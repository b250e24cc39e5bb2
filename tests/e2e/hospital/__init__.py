"""A small hospital on loopback: real sshd targets, an Anteroom installation, people, and the clients they use."""
from .anteroom import Anteroom, Person, Refused
from .client import Finished, Terminal
from .codes import Codes
from .sshd import Sshd, this_user

__all__ = ["Anteroom", "Codes", "Finished", "Person", "Refused", "Sshd", "Terminal", "this_user"]
