"""Message templates as Meta checks them when one is sent: known, approved, with as many parameters as it has places."""

from collections.abc import Iterable

from flows.simulator.graph_messages import Json, Refused
from flows.simulator.records import Template

NOT_SENDABLE = {"PAUSED": 132015, "DISABLED": 132016}


def check_template(content: Json, templates: Iterable[Template]) -> None:
    """Raises Refused."""
    name, language = str(content["name"]), str(content["language"]["code"])
    known = next((each for each in templates if (each.name, each.language) == (name, language)), None)
    if known is None or known.status not in ("APPROVED", *NOT_SENDABLE):
        raise Refused(132001, f"Template name ({name}) does not exist in {language}.", 404)
    if known.status in NOT_SENDABLE:
        raise Refused(NOT_SENDABLE[known.status], f"The template {name} is {known.status.lower()}.")
    given = _body_parameters(content)
    if len(given) != known.parameters:
        raise Refused(
            132000, f"body: number of localizable_params ({len(given)}) does not match the expected ({known.parameters})."
        )
    for parameter in given:
        text = parameter.get("text")
        if parameter.get("type") != "text" or not isinstance(text, str) or not text.strip():
            raise Refused(131008, "A parameter of the body has no text.")
        if "\n" in text or "\t" in text or "     " in text:
            raise Refused(132012, "A parameter has a new line, a tab or more than four spaces in a row.")


def described(templates: Iterable[Template], *, name: str = "") -> Json:
    """As the list of an account's templates."""
    found = [each.as_json(number) for number, each in enumerate(templates, start=1) if name in ("", each.name)]
    return {"data": found, "paging": {"cursors": {"before": "a", "after": "z"}}}


def _body_parameters(content: Json) -> list[Json]:
    components = content.get("components", [])
    if not isinstance(components, list) or not all(isinstance(part, dict) for part in components):
        raise Refused(131008, "components is not a list of objects.")
    body: Json = next((part for part in components if str(part.get("type", "")).lower() == "body"), {})
    parameters = body.get("parameters", [])
    if not isinstance(parameters, list) or not all(isinstance(parameter, dict) for parameter in parameters):
        raise Refused(131008, "parameters is not a list of objects.")
    return parameters
