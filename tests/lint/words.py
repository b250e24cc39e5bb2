#!/usr/bin/python3
"""Words that do not belong in the project: unfinished business, paths of somebody's machine, who or what typed the text, conflict marks."""
import re

import sources

TEXT = (".cpp", ".h", ".py", ".sh", ".md", ".cmake", ".txt", ".json", ".yaml", ".yml", ".toml", ".ts", ".svelte", ".html", ".css", ".service", ".socket", ".conf", "")
RULES = [
    (r"\b(?:TODO|FIXME|XXX|HACK)\b", "finish it, or write an issue"),
    (r"(?<![\w.~-])/(?:home|Users|work)/\w|\b[A-Z]:\\Users\\", "a path of somebody's machine"),
    (r"(?i)\b(?:generated|written|co-authored)[- ]by\b.{0,40}\b(?:AI|LLM|model|assistant|bot)\b|\bas an AI\b|(?i:\b(?:language model|coding (?:agent|assistant)|prompt engineering)\b)",
     "say what the code does, not what typed it"),
    (r"^(?:<{7}|>{7}|={7})(?: |$)", "a conflict mark"),
    (r"(?i)\b(?:lorem ipsum|asdf|foobar)\b", "filler"),
    (r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\n", "a private key (tests make theirs when they run)"),
]
RULES = [(re.compile(pattern, re.M), why) for pattern, why in RULES]
# This file and the lints' own test name what they look for.
EXEMPT = ("tests/lint/words.py", "tests/lint/selftest.py", "tests/vectors/")


def check(path, text, report):
    if path.startswith(EXEMPT):
        return
    for pattern, why in RULES:
        for match in pattern.finditer(text):
            report.add(path, sources.line_of(text, match.start()), f'"{match.group().strip()}": {why}', text)


def is_text(path):
    suffix = "." + path.rsplit(".", 1)[-1] if "." in path.rsplit("/", 1)[-1] else ""
    return suffix in TEXT or path.startswith(".")


if __name__ == "__main__":
    report = sources.Report("words")
    paths = [path for path in sources.files() if is_text(path)]
    for path in paths:
        check(path, sources.read(path), report)
    report.finish(f"{len(paths)} files")
