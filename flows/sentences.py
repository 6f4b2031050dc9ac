"""Every sentence a customer reads comes from a template under `templates/whatsapp/`."""

from typing import Any

from django.template.loader import select_template

ENGLISH = "en"


def say(template: str, *, language: str = ENGLISH, **facts: Any) -> str:
    """The text of `templates/whatsapp/<template>.txt`, or of its translation where there is one, without the space around it."""
    english = f"whatsapp/{template}.txt"
    names = [english] if language == ENGLISH else [f"whatsapp/{language}/{template}.txt", english]
    text: str = select_template(names, using="text").render(facts)
    return text.strip()
