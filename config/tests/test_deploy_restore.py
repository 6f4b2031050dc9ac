"""A disaster and the way back, with the scripts of an operator; `python -m deploy.drills.restore` tells the same story."""

from pathlib import Path

import pytest

from deploy.drills import point_in_time
from deploy.drills.restore import Story, play


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return play(tmp_path_factory.mktemp("restore"), payments=2)


def test_the_books_and_the_record_are_right_before_anything_is_started_on_what_was_restored(story: Story) -> None:
    assert "The books are right" in story.check_said
    assert "The record of changes is whole" in story.check_said


def test_an_update_that_is_sent_again_changes_nothing_about_a_payment_of_the_dump(story: Story) -> None:
    for reference in story.paid_before:
        assert (story.statuses[reference], story.received[reference]) == ("successful", 1)
        assert story.outcomes[reference][-1] in ("accepted", "duplicate")


def test_what_was_waiting_in_the_dump_and_paid_meanwhile_is_found_by_asking(story: Story) -> None:
    assert (story.statuses[story.waiting], story.received[story.waiting]) == ("successful", 1)


def test_a_payment_that_only_paynow_knows_is_kept_as_an_unknown_reference_and_found_in_its_list(story: Story) -> None:
    assert story.only_at_paynow == story.paid_after
    assert [set(story.outcomes[reference]) for reference in story.paid_after] == [{"unknown_reference"}] * 2


def test_the_books_are_right_after_all_that(story: Story) -> None:
    assert "The books are right" in story.last_check


def test_a_database_in_use_a_dump_cut_short_and_other_keys_are_refused(story: Story) -> None:
    in_use, cut_short, other_keys = story.refusals
    assert "Make a new one: nothing was changed." in in_use
    assert "checksum" in cut_short
    assert "violations" in other_keys


def test_the_write_ahead_log_brings_back_what_was_paid_up_to_a_moment(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert point_in_time.play(tmp_path, payments=1)
    said = capfd.readouterr().out
    assert "2 of 2 payments that were paid at that moment are there" in said
    assert "The books are right" in said
