#!/usr/bin/python3
"""Which room may include which, and which folder owns which library (docs/ARCHITECTURE.md, the folders)."""
import re

import sources

# A file belongs to the longest matching folder; it may include that folder and those listed.
ROOMS = {
    "base": (),
    "policy": ("base",),
    "recorder": ("base",),
    # An audit record's form is the broker's; the room that checks one without a broker reads it by the same lines.
    "recorder/evidence": ("broker/audit", "recorder", "base"),
    # A program of its own: it closes the workers' sandbox around itself.
    "recorder/indexer": ("proxies/worker", "recorder", "base"),
    "recorder/exporter": ("proxies/worker", "recorder", "base"),
    "broker": ("broker", "policy", "recorder", "base"),
    # The protocol is spoken by every other program: it stands on nothing else of the broker.
    "broker/control": ("policy", "recorder", "base"),
    # The command line speaks to the admin socket; it reads recordings and policies as files.
    "broker/cli": ("broker", "policy", "recorder", "base"),
    "proxies/gateway": ("proxies/worker", "broker/control", "base"),
    "proxies/worker": ("broker/control", "recorder", "policy", "base"),
    "proxies/ssh": ("proxies/worker", "broker/control", "recorder", "policy", "base"),
    "proxies/rdp": ("proxies/worker", "broker/control", "recorder", "policy", "base"),
    "proxies": ("broker/control", "recorder", "policy", "base"),
    "web": ("proxies/worker", "broker/control", "recorder", "base"),
    "tests": ("tests", "broker", "proxies", "policy", "recorder", "web", "base"),
}
# Header of a library -> the only places (folders or files) that may include it. Tests may, too.
OWNERS = {
    r"openssl/": ("base/crypto", "base/openssl_handles.h", "broker/identity/", "broker/vault/", "broker/courier/", "proxies/rdp/", "recorder/evidence/program/", "web/"),
    r"libssh/": ("proxies/ssh/",),
    r"(freerdp|winpr)/": ("proxies/rdp/",),
    r"ft2build\.h|freetype/": ("proxies/rdp/lobby/",),
    r"soci/": ("broker/store/",),
    r"sqlite3\.h|libpq|postgresql/": ("broker/store/",),
    r"yaml-cpp/": ("policy/", "broker/daemon/config", "broker/cli/config", "base/yaml"),
    r"argon2\.h": ("base/crypto", "broker/identity/", "broker/vault/"),
    r"liboath/": ("broker/identity/",),
    r"fido": ("broker/identity/",),
    r"qrencode\.h": ("broker/identity/", "broker/cli/"),
    r"zstd\.h": ("recorder/",),
    r"zlib\.h": ("web/bands.cpp",),
    r"seccomp\.h|linux/(landlock|seccomp)\.h": ("proxies/worker/", "recorder/indexer/"),
    r"spdlog/": ("base/log.cpp",),
    r"CLI/": ("broker/cli/", "broker/daemon/main.cpp", "proxies/gateway/main.cpp", "web/main.cpp"),
    r"curl/": ("broker/courier/",),
    # A minute and gigabytes for each unit.
    r"boost/beast/": ("web/head.cpp", "web/watch_socket.cpp"),
    r"boost/asio/ssl": ("web/",),
    r"vterm\.h": ("recorder/indexer/",),
    r"png\.h": ("broker/cli/picture.cpp",),
    r"lib(av|sw)[a-z]*/": ("recorder/film/movie_file.cpp",),
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)


def room_of(path):
    return max((room for room in ROOMS if path.startswith(room + "/")), key=len, default=None)


def check(path, text, report):
    room = room_of(path)
    for match in INCLUDE.finditer(text):
        ours, library = match.groups()
        line = sources.line_of(text, match.start(1 if ours else 2))
        if ours and room:
            if "/" not in ours or ours.startswith("."):
                report.add(path, line, f'"{ours}": includes are rooted at the project ("room/file.h")', text)
            elif not any(ours.startswith(folder + "/") for folder in (room,) + ROOMS[room]):
                report.add(path, line, f"{room}/ may not include {ours}: it may include {', '.join((room,) + ROOMS[room])}", text)
        if library and room != "tests":
            for header, owners in OWNERS.items():
                if re.match(header, library) and not path.startswith(owners):
                    report.add(path, line, f"<{library}> belongs to {', '.join(owners)}: its types stay there", text)


if __name__ == "__main__":
    report = sources.Report("includes")
    paths = sources.cpp_files()
    for path in paths:
        check(path, sources.read(path), report)
    report.finish(f"{len(paths)} files")
