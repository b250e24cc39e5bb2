#!/usr/bin/python3
"""Every source begins by saying what it owns; a header guards itself; a file past 500 lines is looked at for the second thing in it."""
import sources

LONG = 500


def check(path, text, report):
    lines = text.splitlines() or [""]
    if not lines[0].startswith(("// ", "/* ")) or len(lines[0]) < 12:
        report.add(path, 1, "a source begins with a comment: what it owns, what always holds, what it cannot do", text)
    if path.endswith(".h") and "#pragma once" not in lines:
        report.add(path, 1, "a header has #pragma once", text)
    if len(lines) > LONG:
        report.note(f"{path}: {len(lines)} lines: is there a second thing in it?")


if __name__ == "__main__":
    report = sources.Report("heads")
    paths = sources.cpp_files()
    for path in paths:
        check(path, sources.read(path), report)
    report.finish(f"{len(paths)} files, {sum(sources.read(path).count(chr(10)) for path in paths)} lines")
