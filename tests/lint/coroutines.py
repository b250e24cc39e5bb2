#!/usr/bin/python3
"""GCC 12 destroys twice a braced aggregate or a capturing lambda that is a temporary inside a co_await expression: name it first."""
import re

import sources

AWAIT = re.compile(r"\bco_await\b")
CAPTURES = re.compile(r"\[\s*[^\]\s][^\]]*\]\s*(?:\(|\{|mutable|<)")
BRACED = re.compile(r"(?:[\w>]|[(,=])\s*\{")
INDEX = re.compile(r"[\w\])]\s*$")


def expression(code, at):
    """From co_await to the end of its full expression, lambda bodies included."""
    depth, start = 0, at
    while at < len(code):
        c = code[at]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                break
            depth -= 1
        elif c == ";" and depth == 0:
            break
        at += 1
    return code[start:at]


def check(path, text, report):
    code = sources.code(text)
    for match in AWAIT.finditer(code):
        inside = expression(code, match.end())
        line = sources.line_of(code, match.start())
        # An if or while ends its expression at its own parenthesis: what follows is a statement.
        for lambda_ in CAPTURES.finditer(inside):
            if not INDEX.search(inside[:lambda_.start()]):
                report.add(path, line, "a capturing lambda inside co_await: name it first (GCC 12 destroys it twice)", text)
                break
        without_bodies = re.sub(r"\)\s*(?:mutable\s*)?(?:noexcept\s*)?(?:->\s*[\w:<>]+\s*)?\{", ") ;", inside)
        if BRACED.search(without_bodies):
            report.add(path, line, "a braced temporary inside co_await: name it first (GCC 12 destroys it twice)", text)


if __name__ == "__main__":
    report = sources.Report("coroutines")
    paths = sources.cpp_files()
    for path in paths:
        check(path, sources.read(path), report)
    count = sum(len(AWAIT.findall(sources.code(sources.read(path)))) for path in paths)
    report.finish(f"{count} co_await")
