"""`python -m mutation.alone @tests`: the slow road, a process that loads one module with a fault outside its functions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mutation.loop import install_from_environment

install_from_environment()


class _FirstFailure:
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            print(f"FAILED {report.nodeid}", flush=True)


if __name__ == "__main__":
    tests = Path(sys.argv[1].removeprefix("@")).read_text().splitlines()
    arguments = ["-x", "-q", "--no-header", "--reuse-db", "-p", "no:cacheprovider", "-p", "no:xdist"]
    sys.exit(pytest.main([*arguments, *tests], plugins=[_FirstFailure()]))
