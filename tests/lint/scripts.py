#!/usr/bin/python3
"""Scripts and data parse: Python, shell (and shellcheck's warnings), JSON, YAML; what has a #! is executable."""
import ast
import json
import os
import re
import subprocess

import sources

SHELL = re.compile(r"^#!.*\b(bash|sh)\b|^# shellcheck shell=(bash|sh)\b")


def main():
    report = sources.Report("scripts")
    counts = {"python": 0, "shell": 0, "json": 0, "yaml": 0}
    shell = []
    for path in sources.files():
        try:
            head = (sources.TOP / path).open("rb").read(160).split(b"\n")[0].decode("utf-8", "replace")
        except OSError:
            continue
        if head.startswith("#!") and not os.access(sources.TOP / path, os.X_OK):
            report.add(path, 1, "has a #! but is not executable (chmod +x)")
        if path.endswith(".py") or (head.startswith("#!") and "python" in head):
            counts["python"] += 1
            try:
                ast.parse(sources.read(path), path)
            except SyntaxError as error:
                report.add(path, error.lineno or 1, error.msg)
            if head.startswith("#!") and head != "#!/usr/bin/python3":
                report.add(path, 1, "#!/usr/bin/python3: Debian's, which has Debian's modules")
        elif SHELL.match(head) or path.endswith(".sh"):
            counts["shell"] += 1
            shell.append(path)
        elif path.endswith(".json") and not path.rsplit("/", 1)[-1].startswith("tsconfig"):
            counts["json"] += 1
            try:
                json.loads(sources.read(path))
            except ValueError as error:
                report.add(path, getattr(error, "lineno", 1), str(error))
        elif path.endswith((".yaml", ".yml")) and not path.startswith("tests/vectors/"):
            counts["yaml"] += 1
            import yaml

            try:
                list(yaml.safe_load_all(sources.read(path)))
            except yaml.YAMLError as error:
                mark = getattr(error, "problem_mark", None)
                report.add(path, mark.line + 1 if mark else 1, str(getattr(error, "problem", error)))
    if shell:
        done = subprocess.run(["shellcheck", "-x", "-S", "warning", "-f", "gcc", *shell], cwd=sources.TOP, stdout=subprocess.PIPE, text=True)
        for line in done.stdout.splitlines():
            path, number, _, why = line.split(":", 3)
            report.add(path, int(number), why.strip())
    report.finish(", ".join(f"{count} {kind}" for kind, count in counts.items()))


if __name__ == "__main__":
    main()
