"""Shona and Ndebele: understood always, spoken once a reviewer is named, and English wherever a sentence is missing."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from customer_data.tests import make
from flows.models import Conversation, ReviewedLanguage
from flows.tests.talks import Chatter, choices_on, tour, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "whatsapp"
TRANSLATIONS = sorted(path.relative_to(TEMPLATES) for code in ("sn", "nd") for path in (TEMPLATES / code).rglob("*.txt"))


def facts_in(text: str) -> set[str]:
    """Names of everything a template asks for."""
    return set(re.findall(r"\b[a-z_]+\.[a-z_.]+\b", " ".join(re.findall(r"\{[{%].*?[}%]\}", text))))


def test_there_are_translations() -> None:
    assert {path.parts[0] for path in TRANSLATIONS} == {"sn", "nd"}


@pytest.mark.parametrize("path", TRANSLATIONS, ids=str)
def test_a_translation_says_nothing_that_english_does_not_know(path: Path) -> None:
    translated, english = TEMPLATES / path, TEMPLATES.joinpath(*path.parts[1:])
    assert english.exists()
    assert facts_in(translated.read_text()) <= facts_in(english.read_text())


def test_no_language_is_offered_before_a_reviewer_is_named() -> None:
    tour()
    ReviewedLanguage.objects.create(code="sn")
    rudo = Chatter()
    assert "Language" not in [choice.title for choice in choices_on(rudo.says("hi")[-1])]
    assert "English here for now" in words(rudo.says("shona"))


def test_a_reviewed_language_is_chosen_from_the_menu_and_spoken() -> None:
    tour()
    ReviewedLanguage.objects.create(code="sn", reviewer="Tariro Moyo")
    rudo = Chatter(name="Rudo Moyo")
    rudo.says("hi")
    rudo.taps("Language")
    said = words(rudo.taps("Shona"))
    assert "Mhoroi Rudo. Tingakubatsirai sei?" in said
    assert rudo.talk.language == "sn"


def test_a_language_whose_reviewer_is_gone_is_not_spoken_even_if_chosen() -> None:
    ReviewedLanguage.objects.create(code="nd", reviewer="")
    rudo = Chatter()
    Conversation.objects.update(language="nd")
    assert "How can we help?" in words(rudo.says("hi"))


def test_staff_turn_a_language_on_by_entering_a_name(client: Client) -> None:
    client.force_login(make.staff(is_superuser=True))  # type: ignore[arg-type]  # the project's user is Django's
    page: Any = client.post("/admin/flows/reviewedlanguage/add/", {"code": "sn", "reviewer": " Tariro Moyo ", "reviewed_on": ""})
    assert page.status_code == 302
    language = ReviewedLanguage.objects.get()
    assert (language.reviewer, language.reviewed_on is not None) == ("Tariro Moyo", True)
    assert "Customers can choose it" in client.get("/admin/flows/reviewedlanguage/").content.decode()
    assert "templates/whatsapp/sn/" in client.get(f"/admin/flows/reviewedlanguage/{language.pk}/change/").content.decode()
