"""What clang-tidy and cppcheck share: which units are compiled and how, and what a unit's result depends on."""
import functools
import hashlib
import json
import re
import sys

import sources

DATABASE = sources.TOP / "build/release/compile_commands.json"
CACHE = sources.TOP / "build/lint-cache"
# What lets the compiler read common headers already parsed (cmake/Precompiled.cmake). Here a unit stands by itself: one that does not include
# what it uses is found, and nothing need have been built.
PRECOMPILED = re.compile(r" -Winvalid-pch| -Xclang (?:-include-pch|-include) -Xclang \S+")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)


def units():
    """{path: compile command} of every unit of ours."""
    if not DATABASE.exists():
        sys.exit("build/release/compile_commands.json is missing: ./dev lint makes it")
    found = {}
    for entry in json.loads(DATABASE.read_text()):
        path = (sources.pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        # A unit just removed, or of another checkout.
        if path.exists() and sources.TOP in path.parents and path.suffix == ".cpp":
            found[path.relative_to(sources.TOP).as_posix()] = PRECOMPILED.sub("", entry["command"])
    return found


def database(units):
    """The folder of a compile_commands.json with these commands, for tools that read one."""
    folder = CACHE / "commands"
    folder.mkdir(parents=True, exist_ok=True)
    entries = [{"directory": str(DATABASE.parent), "command": command, "file": str(sources.TOP / path)} for path, command in units.items()]
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return folder


@functools.lru_cache(maxsize=None)
def headers(path):
    """The project's headers a file includes, itself first, all the way down."""
    seen, left = {}, [path]
    while left:
        at = left.pop()
        if at not in seen and (sources.TOP / at).exists():
            seen[at] = True
            left += INCLUDE.findall(sources.read(at))
    return tuple(seen)


def fingerprint(path, *others):
    """Of everything of ours that a unit's result depends on, and of `others` (command, settings, the tool's version)."""
    digest = hashlib.sha256()
    for at in sorted(headers(path)):
        digest.update(at.encode() + b"\0" + sources.read(at).encode() + b"\0")
    for other in others:
        digest.update(other.encode() + b"\0")
    return digest.hexdigest()
