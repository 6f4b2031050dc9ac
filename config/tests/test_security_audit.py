"""What `make check` says of requirements and advisories: a loose pin and a finding fail it, a source that is away does not."""

import json

import pytest

from config import audit


def answer(**vulnerable: str) -> str:
    found = [{"id": vulnerable["id"], "fix_versions": ["2.0"]}] if vulnerable else []
    return json.dumps({"dependencies": [{"name": "something", "version": "1.0", "vulns": found}]})


def test_every_requirement_names_exactly_one_version() -> None:
    assert [audit.not_exact((audit.ROOT / file).read_text()) for file in audit.FILES] == [[], []]


@pytest.mark.parametrize(
    "line", ["django", "django>=5.2", "django==5.*", "django~=5.2", "git+https://example.com/x", "django==5.2,<6"]
)
def test_a_line_that_leaves_a_choice_is_named(line: str) -> None:
    assert audit.not_exact(f"# all\n{line}\nredis==8.1.0\n") == [line]


def test_a_finding_fails_and_names_the_version_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_ask", lambda source: answer(id="GHSA-1"))
    with pytest.raises(SystemExit) as failed:
        audit.main()
    assert "something 1.0: GHSA-1, mended in 2.0" in str(failed.value)


@pytest.mark.parametrize("said", ["", "Could not connect", '{"dependencies": [{"name": "x", "skip_reason": "not found"}]}'])
def test_a_source_that_is_away_is_said_and_fails_nothing(
    said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "_ask", lambda source: said)
    audit.main()
    assert "No source of advisories can be reached" in capsys.readouterr().out


def test_the_second_source_is_asked_where_the_first_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "_ask", lambda source: answer() if source == "osv" else "")
    audit.main()
    assert "says osv" in capsys.readouterr().out
