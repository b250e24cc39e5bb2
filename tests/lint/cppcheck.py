#!/usr/bin/python3
"""cppcheck over the rooms; what it gets wrong is in cppcheck.suppressions, each with its reason. Unchanged files come from build/lint-cache."""
import subprocess

import compiled
import sources


def main():
    report = sources.Report("cppcheck")
    paths = [path for path in sources.cpp_files() if path.endswith(".cpp") and not path.startswith("tests/")]
    cache = compiled.CACHE / "cppcheck"
    cache.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["nice", "cppcheck", "--quiet", "-j2", "--language=c++", "--std=c++20", "--enable=warning,performance,portability", "--inline-suppr",
         f"--suppressions-list={sources.TOP / 'tests/lint/cppcheck.suppressions'}", f"--cppcheck-build-dir={cache}", "-I", ".",
         "-D__x86_64__", "-D__linux__", "-D__GNUC__=12", "-DBOOST_DESCRIBE_ENUM(...)=", "-DBOOST_DESCRIBE_STRUCT(...)=", "--template={file}\t{line}\t{id}: {message}", "--error-exitcode=1", *paths],
        cwd=sources.TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in done.stdout.splitlines():
        fields = line.split("\t")
        if len(fields) == 3:
            report.add(fields[0], int(fields[1]), fields[2]) if (sources.TOP / fields[0]).is_file() else report.findings.append((fields[0], 0, fields[2]))
    if done.returncode != 0 and not done.stdout.strip():
        report.findings.append(("cppcheck", 0, f"ended with {done.returncode}"))
    report.finish(f"{len(paths)} files")


if __name__ == "__main__":
    main()
