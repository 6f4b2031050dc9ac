"""Walks through a Flow JSON, however malformed: screens, and components with where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flows.flow_json.problem import Json


@dataclass(frozen=True)
class Place:
    """A component and where it stands: `depth` counts the If and Switch around it, `in_form` a Form."""

    component: Json
    path: str
    in_form: bool = False
    depth: int = 0

    @property
    def type(self) -> str:
        kind = self.component.get("type")
        return kind if isinstance(kind, str) else ""


def pointer(path: str, *parts: str | int) -> str:
    """`path` and further steps as a JSON pointer."""
    return path + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def objects(value: Any, path: str) -> Iterator[tuple[Json, str]]:
    """The objects in a list, with their places; nothing for anything else."""
    if isinstance(value, list):
        yield from ((item, pointer(path, index)) for index, item in enumerate(value) if isinstance(item, dict))


def screens_of(flow: Json) -> Iterator[tuple[Json, str]]:
    return objects(flow.get("screens"), "/screens")


def id_of(screen: Json) -> str:
    """The id of a screen; empty when it has none that is a text."""
    screen_id = screen.get("id")
    return screen_id if isinstance(screen_id, str) else ""


def screen_named(flow: Json, screen_id: str) -> Json | None:
    return next((screen for screen, _ in screens_of(flow) if id_of(screen) == screen_id), None)


def model_of(screen: Json) -> Json:
    """The data that the screen declares."""
    model = screen.get("data")
    return model if isinstance(model, dict) else {}


def places(screen: Json, path: str = "") -> Iterator[Place]:
    """Every component of a screen, also those in a Form and in branches, in their order."""
    layout = screen.get("layout")
    if isinstance(layout, dict):
        for component, where in objects(layout.get("children"), pointer(path, "layout", "children")):
            yield from _inside(Place(component, where))


def branches(component: Json, path: str) -> Iterator[tuple[Any, str]]:
    """The lists of components between which an If or a Switch chooses."""
    if component.get("type") == "If":
        yield from ((component[name], pointer(path, name)) for name in ("then", "else") if name in component)
    elif component.get("type") == "Switch" and isinstance(component.get("cases"), dict):
        yield from ((case, pointer(path, "cases", name)) for name, case in component["cases"].items())


def _inside(place: Place) -> Iterator[Place]:
    yield place
    if place.type == "Form":
        for child, where in objects(place.component.get("children"), pointer(place.path, "children")):
            yield from _inside(Place(child, where, in_form=True, depth=place.depth))
    for branch, path in branches(place.component, place.path):
        for child, where in objects(branch, path):
            yield from _inside(Place(child, where, in_form=place.in_form, depth=place.depth + 1))
