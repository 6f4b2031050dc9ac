"""The page that says what was proven."""

from pathlib import Path

import pytest

from proof import report
from proof.controls import CONTROLS
from proof.result import Result, read_result


@pytest.fixture(autouse=True)
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(report, "REPORT", tmp_path / "proof.md")
    monkeypatch.setattr(report, "FIGURES", tmp_path / "proof.json")
    return tmp_path


def a_result(seed: int, *findings: tuple[str, str], seconds: float = 300.0) -> Result:
    return Result(seed, (), seconds, {"journeys": 2000}, points={"opened": 2}, restarts={"web1": 3}, findings=findings)


def missed(guard: str) -> report.Tried:
    promise = min(CONTROLS[guard].finds)
    return report.Tried(guard, a_result(1, (promise, "The gateway has 2 charges | for payment X.")), is_as_expected=True)


def test_several_seeds_add_up_to_one_page_and_the_same_seed_takes_its_place(docs: Path) -> None:
    report.add_to_report(a_result(1), [missed("lost-answer")])
    report.add_to_report(a_result(2), [])
    report.add_to_report(a_result(1, seconds=411.0), [])
    page = (docs / "proof.md").read_text()
    assert "| Seconds | 411 | 300 |" in page
    assert page.count("| journeys | 2,000 | 2,000 |") == 1
    assert "| yes | The gateway has 2 charges / for payment X. |" in page  # of the earlier run of this seed


def test_what_is_broken_stands_on_the_page(docs: Path) -> None:
    report.add_to_report(a_result(3, ("one_charge_for_each_payment", "The gateway has 2 charges for payment X.")), [])
    page = (docs / "proof.md").read_text()
    assert "| Verdict | **broken** |" in page
    assert "Seed 3, `one_charge_for_each_payment`: The gateway has 2 charges for payment X." in page


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = a_result(1, ("nobody_gave_up", "Somebody did."))
    written.write(tmp_path / "result.json")
    read = read_result(tmp_path / "result.json")
    assert (read.seed, list(read.findings), read.is_green) == (1, [("nobody_gave_up", "Somebody did.")], False)
