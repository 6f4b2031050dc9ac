"""Every sentence a customer reads comes from a template under `templates/whatsapp/`."""

from typing import Any

from django.template.loader import render_to_string


def say(template: str, **facts: Any) -> str:
    """The text of `templates/whatsapp/<template>.txt`, without the space around it."""
    return render_to_string(f"whatsapp/{template}.txt", facts, using="text").strip()
