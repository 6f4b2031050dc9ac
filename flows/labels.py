"""What can be tapped: title and description of every button and row, from `whatsapp/talk/labels.txt` and its translations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.template import Context, Template
from django.template.exceptions import TemplateDoesNotExist
from django.template.loader import get_template

from flows.sentences import ENGLISH


@dataclass(frozen=True)
class Label:
    title: str
    description: str = ""


def label(name: str, *, language: str = ENGLISH, **facts: Any) -> Label:
    """The label of this name, in English where there is no translation. Raises KeyError when there is none at all."""
    translated = labels_of(language)
    template = translated[name] if name in translated else labels_of(ENGLISH)[name]
    title, _, description = template.render(Context(facts, autoescape=False)).partition("|")
    return Label(title.strip(), description.strip())


@cache
def labels_of(language: str) -> dict[str, Template]:
    """The lines `name: title | description` of a language's file; empty when there is no such file."""
    path = "whatsapp/talk/labels.txt" if language == ENGLISH else f"whatsapp/{language}/talk/labels.txt"
    try:
        file: Template = get_template(path, using="text").template  # type: ignore[attr-defined]  # Django's own, inside its wrapper
    except TemplateDoesNotExist:
        return {}
    lines = (line for line in file.source.splitlines() if line.strip() and not line.startswith("#"))
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): Template(rest, engine=file.engine) for name, _, rest in pairs}
