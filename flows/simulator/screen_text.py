"""A screen of a Flow as text, in the order in which a person reads it."""

import textwrap
from collections.abc import Callable
from typing import Any

from flows.flow_json.rendering import Values, rendered
from flows.simulator.phone import Json, Shown

WIDTH = 62


def print_screen(shown: Shown) -> str:
    """The screen with a frame; a closed or failed Flow says so in a line."""
    if shown.failure:
        return _framed("Something went wrong", [shown.failure, *shown.problems])
    if shown.closed:
        told = [f"{name}: {value}" for name, value in (shown.completion or {}).items() if name != "flow_token"]
        return _framed("The Flow is closed", [line for line in (shown.snackbar, *told) if line])
    lines = [
        line
        for place in rendered(shown.definition, Values(data=shown.data, form=shown.typed))
        for line in _lines(place.component, shown)
    ]
    if shown.snackbar:
        lines += ["", f"! {shown.snackbar}"]
    return _framed(str(shown.definition.get("title") or shown.screen), lines)


def _lines(component: Json, shown: Shown) -> list[str]:
    writer = _WRITERS.get(str(component.get("type")))
    return writer(component, shown) if writer else []


def _heading(component: Json, _shown: Shown) -> list[str]:
    return [str(component.get("text", "")).upper(), ""]


def _text(component: Json, _shown: Shown) -> list[str]:
    text = component.get("text", "")
    return "\n".join(text).splitlines() if isinstance(text, list) else str(text).splitlines()


def _caption(component: Json, shown: Shown) -> list[str]:
    return [f"· {line}" for line in _text(component, shown)]


def _input(component: Json, shown: Shown) -> list[str]:
    value = str(shown.typed.get(str(component.get("name")), ""))
    is_secret = component.get("input-type") in ("passcode", "password")
    field = f"{component.get('label')}: [{'•' * len(value) if is_secret else value:<16}]"
    below = [f"    {component[name]}" for name in ("error-message", "helper-text") if component.get(name)]
    return [field, *below[:1]]


def _options(component: Json, shown: Shown) -> list[str]:
    chosen: Any = shown.typed.get(str(component.get("name")))
    lines = [str(component.get("label", ""))]
    for option in component.get("data-source", []):
        is_chosen = option.get("id") == chosen or (isinstance(chosen, list) and option.get("id") in chosen)
        description = f": {option['description']}" if option.get("description") else ""
        lines.append(f"  ({'•' if is_chosen else ' '}) {option.get('title')}{description}")
    return [*lines, *([f"    {component['error-message']}"] if component.get("error-message") else [])]


def _opt_in(component: Json, shown: Shown) -> list[str]:
    return [f"[{'x' if shown.typed.get(str(component.get('name'))) else ' '}] {component.get('label')}"]


def _image(component: Json, _shown: Shown) -> list[str]:
    return [f"<image: {component.get('alt-text', 'no description')}>"]


def _link(component: Json, _shown: Shown) -> list[str]:
    return [f"> {component.get('text')}"]


def _footer(component: Json, _shown: Shown) -> list[str]:
    return ["", f"[ {component.get('label')} ]".center(WIDTH - 4).rstrip()]


_WRITERS: dict[str, Callable[[Json, Shown], list[str]]] = {
    "TextHeading": _heading,
    "TextSubheading": _heading,
    "TextBody": _text,
    "TextCaption": _caption,
    "RichText": _text,
    "TextInput": _input,
    "TextArea": _input,
    "DatePicker": _input,
    "RadioButtonsGroup": _options,
    "CheckboxGroup": _options,
    "ChipsSelector": _options,
    "Dropdown": _options,
    "OptIn": _opt_in,
    "Image": _image,
    "EmbeddedLink": _link,
    "Footer": _footer,
}


def _framed(title: str, lines: list[str]) -> str:
    wrapped = [part for line in lines for part in (textwrap.wrap(line, WIDTH - 4, drop_whitespace=False) or [""])]
    top = f"┌─ {title[: WIDTH - 6]} ".ljust(WIDTH - 1, "─") + "┐"
    return "\n".join([top, *(f"│ {line:<{WIDTH - 4}} │" for line in wrapped), "└".ljust(WIDTH - 1, "─") + "┘"])
