"""What the lints share: the list of sources, their text without comments and strings, findings, exceptions.

A line may be excused from one lint, with a reason, on itself or the line above:  // lint: allow banned: why it must be so
"""
import functools
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("base", "policy", "recorder", "broker", "proxies", "web")
NOT_OURS = {".git", "build", ".demo", ".cache", "__pycache__", "node_modules", "dist", "corpus"}
ALLOW = re.compile(r"lint: allow (\w+)(?:: *(.*))?")


def files(*suffixes, under=()):
    """Paths relative to the top, sorted; all files without suffixes."""
    found = []
    roots = [TOP / folder for folder in under] or [TOP]
    for root in roots:
        stack = [root] if root.is_dir() else []
        while stack:
            for path in stack.pop().iterdir():
                if path.is_symlink() or path.name in NOT_OURS:
                    continue
                if path.is_dir():
                    stack.append(path)
                elif not suffixes or path.suffix in suffixes:
                    found.append(path.relative_to(TOP).as_posix())
    return sorted(found)


def cpp_files():
    return files(".cpp", ".h", under=ROOMS + ("tests",))


@functools.lru_cache(maxsize=None)
def read(path):
    return (TOP / path).read_text(encoding="utf-8", errors="replace")


TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/"""
    r"""|R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)\""""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n]){1,12}'""",
    re.S,
)


@functools.lru_cache(maxsize=None)
def code(text):
    """C++ without what its comments and strings say; every line stays where it was."""

    def blank(match):
        token = match.group()
        at = match.start()
        if token[0] == "'" and at > 0 and (text[at - 1].isalnum()):  # 1'000'000
            return token
        lines = "\n" * token.count("\n")
        if token.startswith(("//", "/*")):
            return " " + lines
        return '""' + lines if token[0] in '"R' else "'.'"

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class Report:
    """Collects findings of one lint, drops those a line is excused from, prints file:line: why."""

    def __init__(self, lint):
        self.lint = lint
        self.findings = []
        self.notes = []

    def add(self, path, line, why, text=None):
        lines = (read(path) if text is None else text).splitlines()
        for number in (line, line - 1):
            excuse = ALLOW.search(lines[number - 1]) if 0 < number <= len(lines) else None
            if excuse and excuse.group(1) == self.lint:
                if excuse.group(2) and len(excuse.group(2)) >= 10:
                    return
                why += " (the exception gives no reason)"
                break
        self.findings.append((path, line, why))

    def note(self, text):
        self.notes.append(text)

    def finish(self, summary):
        for path, line, why in sorted(set(self.findings)):
            print(f"{path}:{line}: {why}")
        for text in self.notes:
            print(f"note: {text}")
        print(f"{len(set(self.findings))} findings; {summary}" if self.findings else summary)
        sys.exit(1 if self.findings else 0)
