"""Fixtures: one hospital a file, closed at its end; what it logged is shown when a test fails."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from hospital.scene import Hospital  # noqa: E402


@pytest.fixture(scope="module")
def limits():
    """Overridden by a file that needs other limits than the usual ones."""
    return None


@pytest.fixture(scope="module")
def hospital(limits):
    here = Hospital()
    try:
        yield here.open(limits)
    finally:
        here.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    here = getattr(item, "funcargs", {}).get("hospital")
    if report.when == "call" and report.failed and here is not None:
        report.sections.append(("anteroom serve", here.log.read_text(errors="replace")[-4000:]))
        report.sections.append(("sshd", here.sshd.log.read_text(errors="replace")[-1500:]))
