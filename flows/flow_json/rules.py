"""Meta's published limits, and the properties of a Flow, its screens and the small objects inside components.

Our own approximation of https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/flowjson
(edition of 2026-03-24); Meta publishes no schema. Where its limits differ between pages, the smaller one stands here.
"""

from dataclasses import dataclass

from flows.flow_json.expressions import ARRAY, BOOLEAN, NUMBER, OBJECT, STRING

Version = tuple[int, int]

PUBLISHABLE: tuple[Version, ...] = ((5, 1), (6, 0), (6, 1), (6, 2), (6, 3), (7, 0), (7, 1), (7, 2), (7, 3))
FROZEN: tuple[Version, ...] = ((2, 1), (3, 0), (3, 1), (4, 0), (5, 0))
DATA_API_VERSIONS = ("3.0", "4.0")

LONGEST_FLOW_BYTES = 10 * 1024 * 1024
LONGEST_REPLY_BYTES = 1024 * 1024
MOST_SCREENS = 100
MOST_COMPONENTS = 50
MOST_BRANCHES = 10
MOST_NESTED = 3
RESERVED_SCREEN_ID = "SUCCESS"
IMAGE_KILOBYTES = 300
OPTION_IMAGE_KILOBYTES = 100

# --- Actions --------------------------------------------------------------------------------------
ACTION_PROPERTIES = {
    "navigate": ("next", "payload"),
    "complete": ("payload",),
    "data_exchange": ("payload",),
    "update_data": ("payload",),
    "open_url": ("url",),
}
ACTION_SINCE: dict[str, Version] = {"update_data": (6, 0), "open_url": (6, 0)}
CLICK = ("navigate", "data_exchange")
SELECT = ("data_exchange", "update_data")


@dataclass(frozen=True)
class Property:
    """`kinds` are the JSON types a value may have; `least` and `most` count characters, items or the number itself."""

    kinds: tuple[str, ...]
    required: bool = False
    dynamic: bool = True
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    since: Version = (0, 0)
    actions: tuple[str, ...] = ()


def text(most: int | None = None, *, required: bool = False, least: int = 1) -> Property:
    return Property((STRING,), required=required, least=least, most=most)


def choice(*choices: str, since: Version = (0, 0)) -> Property:
    return Property((STRING,), choices=choices, since=since)


def number(least: int | None = None, most: int | None = None) -> Property:
    return Property((NUMBER,), least=least, most=most)


def action(*names: str, required: bool = False, since: Version = (0, 0)) -> Property:
    return Property((OBJECT,), required=required, dynamic=False, actions=names, since=since)


def items(least: int, most: int | None, *, required: bool = True) -> Property:
    return Property((ARRAY,), required=required, least=least, most=most)


FLAG = Property((BOOLEAN,))
_STATIC_FLAG = Property((BOOLEAN,), dynamic=False)

# --- Small objects --------------------------------------------------------------------------------
OPTION = {
    "id": text(required=True),
    "title": text(30, required=True),
    "description": text(300),
    "metadata": text(20),
    "enabled": FLAG,
    "image": text(),
    "alt-text": text(),
    "color": Property((STRING,)),
    "on-select-action": action(*SELECT, since=(6, 0)),
    "on-unselect-action": action("update_data", since=(6, 0)),
}
LIST_ITEM = {
    "id": text(required=True),
    "main-content": Property((OBJECT,), required=True),
    "start": Property((OBJECT,)),
    "end": Property((OBJECT,)),
    "badge": text(15),
    "tags": items(1, 3, required=False),
    "on-click-action": action(*CLICK),
}
LIST_ITEM_PARTS = {
    "main-content": {"title": text(30, required=True), "description": text(20), "metadata": text(80)},
    "start": {"image": text(required=True), "alt-text": text()},
    "end": {"title": text(10), "description": text(10), "metadata": text(10)},
}
CAROUSEL_IMAGE = {"src": text(required=True), "alt-text": text(required=True)}
SCREEN = {
    "id": Property((STRING,), required=True, dynamic=False, least=1),
    "layout": Property((OBJECT,), required=True, dynamic=False),
    "title": text(),
    "data": Property((OBJECT,), dynamic=False),
    "terminal": _STATIC_FLAG,
    "success": _STATIC_FLAG,
    "refresh_on_back": _STATIC_FLAG,
    "sensitive": Property((ARRAY,), dynamic=False, since=(5, 1)),
}
FLOW = {
    "version": Property((STRING,), dynamic=False),
    "screens": Property((ARRAY,), required=True, dynamic=False, least=1),
    "data_api_version": Property((STRING,), dynamic=False),
    "routing_model": Property((OBJECT,), dynamic=False),
}
