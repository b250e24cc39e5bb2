#!/usr/bin/python3
"""clang-tidy-19 with .clang-tidy over every compiled unit that is shipped, two at a time (with TIDY_TESTS=1 also the tests, whose
GoogleTest headers make each of them take as long as ten others). A unit that was clean is not looked at again until
it, a header of ours it includes, its compile command or the settings change (build/lint-cache)."""
import concurrent.futures
import functools
import os
import re
import subprocess
import sys
import time

import compiled
import sources

TOOL = "clang-tidy-19"
FINDING = re.compile(r"^(/[^:\n]+):(\d+):\d+: (?:warning|error): (.*)$", re.M)


def tidy(path, database):
    began = time.monotonic()
    done = subprocess.run([TOOL, "--quiet", "-p", str(database), str(sources.TOP / path)],
                          cwd=sources.TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return path, done, time.monotonic() - began


def main():
    report = sources.Report("tidy")
    settings = sources.read(".clang-tidy")
    version = subprocess.run([TOOL, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    libraries = subprocess.run(["dpkg-query", "-W", "libssh-dev", "libboost1.8*-dev", "libssl-dev"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    units = compiled.units()
    if not os.environ.get("TIDY_TESTS"):
        units = {path: command for path, command in units.items() if not path.startswith("tests/")}
    marks = {path: compiled.CACHE / f"tidy-{compiled.fingerprint(path, command, settings, version, libraries)}" for path, command in units.items()}
    due = [path for path, mark in marks.items() if not mark.exists()]
    compiled.CACHE.mkdir(parents=True, exist_ok=True)
    slowest = (0.0, "")
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for count, (path, done, seconds) in enumerate(pool.map(functools.partial(tidy, database=compiled.database(units)), due), 1):
            if count % 10 == 0:
                print(f"  tidy: {count} of {len(due)} units", file=sys.stderr, flush=True)
            slowest = max(slowest, (seconds, path))
            findings = FINDING.findall(done.stdout)
            for where, line, why in findings:
                # "lint: allow" does not apply: NOLINT(check): reason does, and banned.py sees to the reason.
                relative = os.path.relpath(os.path.realpath(where), sources.TOP)
                report.findings.append((relative, int(line), why))
            if done.returncode == 0:
                marks[path].touch()
            elif not findings:
                report.findings.append((path, 1, (done.stdout + done.stderr).strip()[-800:] or "clang-tidy failed"))
    wanted = {mark.name for mark in marks.values()}
    for old in compiled.CACHE.glob("tidy-*"):
        if old.name not in wanted and time.time() - old.stat().st_mtime > 14 * 86400:
            old.unlink()
    report.finish(f"{len(units)} units, {len(due)} looked at" + (f", slowest {slowest[1]} {slowest[0]:.0f} s" if due else ""))


if __name__ == "__main__":
    main()
