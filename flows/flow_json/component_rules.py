"""Which properties each component of a Flow has, of which type, how long, since which version: a table.

Our own approximation of https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/components
(edition of 2026-04-14).
"""

from dataclasses import dataclass, field

from flows.flow_json.expressions import ARRAY, BOOLEAN, OBJECT, STRING
from flows.flow_json.rules import CLICK, FLAG, SELECT, Property, Version, action, choice, items, number, text


@dataclass(frozen=True)
class Rules:
    """The properties of one kind of component; `value` is the type of its form value, for inputs."""

    properties: dict[str, Property] = field(default_factory=dict)
    since: Version = (0, 0)
    value: str = ""


_TYPE = Property((STRING,), required=True, dynamic=False)
_NAME = Property((STRING,), required=True, dynamic=False, least=1)
_CHILDREN = Property((ARRAY,), required=True, dynamic=False, least=1)
_SHOWN = {"type": _TYPE, "visible": FLAG}
_INPUT = {**_SHOWN, "name": _NAME, "required": FLAG, "enabled": FLAG}
_TEXT_VALUE = {"init-value": Property((STRING,)), "error-message": text(80)}
_LIST_VALUE = {"init-value": Property((ARRAY,)), "error-message": text(80)}
_STYLED = {
    "font-weight": choice("bold", "italic", "bold_italic", "normal"),
    "strikethrough": FLAG,
    "markdown": Property((BOOLEAN,), dynamic=False, since=(5, 1)),
}
_SELECT_ACTIONS = {"on-select-action": action(*SELECT), "on-unselect-action": action("update_data", since=(6, 0))}
_CHOICE_GROUP = {
    **_INPUT,
    **_SELECT_ACTIONS,
    "label": text(30, required=True),
    "description": text(300),
    "data-source": items(1, 20),
    "media-size": choice("regular", "large"),
}
_LARGE_LABEL = {"label-variant": choice("large", since=(7, 0))}
_DATES = {
    "min-date": Property((STRING,)),
    "max-date": Property((STRING,)),
    "unavailable-dates": Property((ARRAY,)),
    "on-select-action": action("data_exchange"),
}
_RANGE_TEXT = Property((STRING, OBJECT), least=1, most=80)
_SCALE = choice("cover", "contain")
_UPLOAD = {
    **_SHOWN,
    "name": _NAME,
    "label": text(80, required=True),
    "description": text(300),
    "enabled": FLAG,
    "error-message": Property((STRING, OBJECT)),
    "max-file-size-kb": number(1, 25600),
}

COMPONENTS: dict[str, Rules] = {
    "TextHeading": Rules({**_SHOWN, "text": text(80, required=True)}),
    "TextSubheading": Rules({**_SHOWN, "text": text(80, required=True)}),
    "TextBody": Rules({**_SHOWN, **_STYLED, "text": Property((STRING, ARRAY), required=True, least=1, most=4096)}),
    "TextCaption": Rules({**_SHOWN, **_STYLED, "text": Property((STRING, ARRAY), required=True, least=1, most=409)}),
    "RichText": Rules({**_SHOWN, "text": Property((STRING, ARRAY), required=True, least=1)}, since=(5, 1)),
    "TextInput": Rules(
        {
            **_INPUT,
            **_TEXT_VALUE,
            **_LARGE_LABEL,
            "label": text(20, required=True),
            "input-type": choice("text", "number", "email", "password", "passcode", "phone"),
            "pattern": Property((STRING,), least=1, since=(6, 2)),
            "min-chars": number(0),
            "max-chars": number(1),
            "helper-text": text(80),
            "error-message": text(30),
        },
        value=STRING,
    ),
    "TextArea": Rules(
        {
            **_INPUT,
            **_TEXT_VALUE,
            **_LARGE_LABEL,
            "label": text(20, required=True),
            "max-length": number(1),
            "helper-text": text(80),
        },
        value=STRING,
    ),
    "CheckboxGroup": Rules(
        {**_CHOICE_GROUP, **_LIST_VALUE, "min-selected-items": number(0), "max-selected-items": number(1)}, value=ARRAY
    ),
    "RadioButtonsGroup": Rules({**_CHOICE_GROUP, **_TEXT_VALUE}, value=STRING),
    "ChipsSelector": Rules(
        {
            **{name: rule for name, rule in _CHOICE_GROUP.items() if name != "media-size"},
            **_LIST_VALUE,
            "label": text(80, required=True),
            "data-source": items(2, 20),
            "min-selected-items": number(0),
            "max-selected-items": number(1),
        },
        since=(6, 3),
        value=ARRAY,
    ),
    "Dropdown": Rules(
        {**_INPUT, **_SELECT_ACTIONS, **_TEXT_VALUE, "label": text(20, required=True), "data-source": items(1, 200)}, value=STRING
    ),
    "OptIn": Rules(
        {
            **_SHOWN,
            "name": _NAME,
            "required": FLAG,
            "label": text(120, required=True),
            "init-value": FLAG,
            "error-message": text(80),
            "on-click-action": action(*CLICK, "open_url"),
            "on-select-action": action("update_data", since=(6, 0)),
            "on-unselect-action": action("update_data", since=(6, 0)),
        },
        value=BOOLEAN,
    ),
    "DatePicker": Rules(
        {**_INPUT, **_TEXT_VALUE, **_DATES, "label": text(40, required=True), "helper-text": text(80)}, value=STRING
    ),
    "CalendarPicker": Rules(
        {
            **_INPUT,
            **_DATES,
            "mode": choice("single", "range"),
            "title": text(80),
            "description": text(300),
            "label": Property((STRING, OBJECT), required=True, least=1, most=40),
            "helper-text": _RANGE_TEXT,
            "required": Property((BOOLEAN, OBJECT)),
            "min-days": number(1),
            "max-days": number(1),
            "include-days": items(1, 7, required=False),
            "init-value": Property((STRING, OBJECT)),
            "error-message": _RANGE_TEXT,
        },
        since=(6, 1),
        value=STRING,
    ),
    "Image": Rules(
        {
            "type": _TYPE,
            "src": Property((STRING,), required=True, least=1),
            "width": number(1),
            "height": number(1),
            "scale-type": _SCALE,
            "aspect-ratio": number(0),
            "alt-text": text(),
        }
    ),
    "ImageCarousel": Rules(
        {"type": _TYPE, "images": items(1, 3), "aspect-ratio": choice("4:3", "16:9"), "scale-type": _SCALE}, since=(7, 1)
    ),
    "EmbeddedLink": Rules(
        {**_SHOWN, "text": text(25, required=True), "on-click-action": action(*CLICK, "open_url", required=True)}
    ),
    "NavigationList": Rules(
        {
            "type": _TYPE,
            "name": _NAME,
            "list-items": items(1, 20),
            "label": text(80),
            "description": text(300),
            "media-size": choice("regular", "large"),
            "on-click-action": action(*CLICK),
        },
        since=(6, 2),
    ),
    "Footer": Rules(
        {
            "type": _TYPE,
            "label": text(35, required=True),
            "left-caption": text(15),
            "center-caption": text(15),
            "right-caption": text(15),
            "enabled": FLAG,
            "on-click-action": action("navigate", "complete", "data_exchange", required=True),
        }
    ),
    "If": Rules(
        {
            "type": _TYPE,
            "condition": Property((STRING,), required=True, least=1),
            "then": _CHILDREN,
            "else": Property((ARRAY,), dynamic=False),
        },
        since=(4, 0),
    ),
    "Switch": Rules(
        {
            "type": _TYPE,
            "value": Property((STRING,), required=True, least=1),
            "cases": Property((OBJECT,), required=True, dynamic=False, least=1),
        },
        since=(4, 0),
    ),
    "Form": Rules(
        {
            "type": _TYPE,
            "name": _NAME,
            "children": _CHILDREN,
            "init-values": Property((OBJECT,)),
            "error-messages": Property((OBJECT,)),
        }
    ),
    "PhotoPicker": Rules(
        {
            **_UPLOAD,
            "photo-source": choice("camera_gallery", "camera", "gallery"),
            "min-uploaded-photos": number(0, 30),
            "max-uploaded-photos": number(1, 30),
        },
        since=(4, 0),
        value=ARRAY,
    ),
    "DocumentPicker": Rules(
        {
            **_UPLOAD,
            "allowed-mime-types": Property((ARRAY,)),
            "min-uploaded-documents": number(0, 30),
            "max-uploaded-documents": number(1, 30),
        },
        since=(4, 0),
        value=ARRAY,
    ),
}

INPUTS = frozenset(name for name, rules in COMPONENTS.items() if rules.value)
PICKERS = ("PhotoPicker", "DocumentPicker")
SELECTS = ("CheckboxGroup", "RadioButtonsGroup", "ChipsSelector", "Dropdown")
