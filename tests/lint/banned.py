#!/usr/bin/python3
"""Calls that have no place here, each with what to use instead."""
import re

import sources

CALL = r"(?<![\w.>])(?:std::|::)?"  # a member function of that name is another thing
EVERYWHERE = ()
# (pattern, why, prefixes of the paths where it is all right)
RULES = [
    (CALL + r"(?:strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|alloca)\s*\(", "no bounds: std::string, std::span or fmt", EVERYWHERE),
    (CALL + r"(?:system|popen)\s*\(", "a shell has no place here: posix_spawn or execve with a list of arguments", EVERYWHERE),
    (CALL + r"(?:mktemp|tmpnam|tempnam)\s*\(", "racy: mkstemp, mkdtemp or O_TMPFILE", EVERYWHERE),
    (CALL + r"(?:(?:rand|random|drand48)\s*\(\s*\)|(?:srand|srandom|rand_r)\s*\()", "not random enough: base/crypto.h", ("tests/",)),
    (r"\bstd::(?:random_device|mt19937(?:_64)?|default_random_engine)\b", "not random enough: base/crypto.h", ("tests/",)),
    (CALL + r"(?:atoi|atol|atoll|atof)\s*\(", "cannot tell nonsense from 0: std::from_chars", EVERYWHERE),
    (CALL + r"time\s*\(\s*(?:nullptr|NULL|0|&\s*\w+)\s*\)|\bsystem_clock::now\b|" + CALL + r"gettimeofday\s*\(", "the time comes in from the edge: base/clock.h", ("base/", "tests/")),
    (r"\bstd::j?thread\b(?!::id)|" + CALL + r"pthread_create\s*\(|\bstd::async\s*\(", "a thread only where slow hashing would hold up the broker", ("broker/identity/", "tests/")),
    (r"(?<!operator )(?<!>\()\bnew\b(?=\s*[\w:(<])(?!\s*=)", "raw new: a value, a container, std::make_unique, or a *_handles.h", ("handles",)),
    (r"(?<!operator )(?<!=)(?<!= )\bdelete\b\s*(?:\[\s*\])?\s*[\w:(*]", "raw delete: a value, a container, std::unique_ptr, or a *_handles.h", ("handles",)),
    (CALL + r"(?:malloc|calloc|realloc|free|strdup|strndup)\s*\(", "raw memory: a container, or a *_handles.h", ("handles", "base/crypto.cpp")),
    (CALL + r"(?:v?f?printf|dprintf|puts|fputs|putchar|perror)\s*\(|\bstd::(?:cout|cerr|clog)\b|\bfmt::print\b", "programs say things by base/log.h; only the command line prints",
     ("broker/cli/", "base/log.cpp", "tests/", "main")),
    (CALL + r"(?:secure_)?getenv\s*\(", "the environment is read in a program's main and handed on", ("broker/cli/", "tests/", "main")),
    (CALL + r"(?:setenv|putenv)\s*\(", "give a child its environment instead of changing our own", ("tests/",)),
    (r"\busing\s+namespace\s+std\s*;", "names of std stay recognisable", EVERYWHERE),
    (r"\bgoto\b", "return early instead", EVERYWHERE),
]
RULES = [(re.compile(pattern), why, where) for pattern, why, where in RULES]
NOLINT = re.compile(r"\bNOLINT(?:NEXTLINE|BEGIN)?\b(\([^)]*\))?:?\s*(.*)")
CATCH_ALL = re.compile(r"\bcatch\s*\(\s*\.\.\.\s*\)\s*\{")
DOES_SOMETHING = re.compile(r"\b(?:throw|abort|terminate|_exit|exit|_Exit|current_exception|rethrow\w*|log::\w+|fail|FAIL|Error|return)\b")


def excused(path, where):
    name = path.rsplit("/", 1)[-1]
    return any(path.startswith(place) if "/" in place else
               (name == "main.cpp" or name.endswith("_main.cpp")) if place == "main" else name.endswith("_handles.h") for place in where)


def body(text, at):
    """The block that opens just before `at`."""
    depth, start = 1, at
    while at < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def check(path, text, report):
    code = sources.code(text)
    for pattern, why, where in RULES:
        if not excused(path, where):
            for match in pattern.finditer(code):
                report.add(path, sources.line_of(code, match.start()), f"{match.group().strip().rstrip('(').strip()}: {why}", text)
    for match in CATCH_ALL.finditer(code):
        if not DOES_SOMETHING.search(body(code, match.end())):
            report.add(path, sources.line_of(code, match.start()), "catch (...) that swallows: log it, turn it into an Error, or let it end the program", text)
    for number, line in enumerate(text.splitlines(), 1):
        excuse = NOLINT.search(line)
        if excuse and (not excuse.group(1) or len(excuse.group(2).strip()) < 10):
            report.add(path, number, "NOLINT wants the check's name and a reason: // NOLINT(check-name): why", text)


if __name__ == "__main__":
    report = sources.Report("banned")
    paths = sources.cpp_files()
    for path in paths:
        check(path, sources.read(path), report)
    report.finish(f"{len(paths)} files, {len(RULES) + 2} rules")
