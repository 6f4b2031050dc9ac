"""Do the ways between the screens lead forward, from an entry to an end, past every screen?"""

from flows.flow_json.actions import actions_of, next_screen_of
from flows.flow_json.problem import Json, Problem, Problems
from flows.flow_json.rules import MOST_BRANCHES, MOST_SCREENS, RESERVED_SCREEN_ID
from flows.flow_json.walk import id_of, places, pointer, screens_of

Routes = dict[str, list[str]]


def routing_problems(flow: Json) -> Problems:
    yield from _screen_id_problems(flow)
    yield from _ending_problems(flow)
    declared = flow.get("routing_model")
    if isinstance(declared, dict):
        yield from _declaration_problems(declared, [id_of(screen) for screen, _ in screens_of(flow)])
    yield from _graph_problems(flow, routes_of(flow))


def routes_of(flow: Json) -> Routes:
    """Where one may go from each screen: the routing model, or without one what the navigate actions say."""
    declared = flow.get("routing_model")
    ids = [id_of(screen) for screen, _ in screens_of(flow) if id_of(screen)]
    if isinstance(declared, dict):
        return {one: [to for to in declared[one] if to in ids] if isinstance(declared.get(one), list) else [] for one in ids}
    routes: Routes = {one: [] for one in ids}
    for screen, _ in screens_of(flow):
        targets = [next_screen_of(action) for place in places(screen) for action, _, _ in actions_of(place)]
        if id_of(screen):
            routes[id_of(screen)] = list(dict.fromkeys(target for target in targets if target in ids))
    return routes


def entries_of(flow: Json) -> list[str]:
    """The screens to which no way leads: there a Flow may begin."""
    routes = routes_of(flow)
    return [one for one in routes if not any(one in ways for ways in routes.values())]


def _screen_id_problems(flow: Json) -> Problems:
    screens = flow.get("screens")
    if isinstance(screens, list) and len(screens) > MOST_SCREENS:
        yield Problem("MAX_SCREENS_NUMBER", "/screens", f"A Flow has {MOST_SCREENS} screens at most.")
    seen = set()
    for screen, path in screens_of(flow):
        screen_id = id_of(screen)
        if screen_id and screen_id in seen:
            yield Problem("DUPLICATE_SCREEN_IDS", pointer(path, "id"), f"There are two screens {screen_id}.")
        if screen_id == RESERVED_SCREEN_ID:
            yield Problem(
                "SCREEN_ID_IS_RESERVED_KEYWORD", pointer(path, "id"), f"{RESERVED_SCREEN_ID} is how an endpoint ends a Flow."
            )
        seen.add(screen_id)


def _ending_problems(flow: Json) -> Problems:
    has_endpoint = "data_api_version" in flow
    successes = 0
    for screen, path in screens_of(flow):
        is_terminal = screen.get("terminal") is True
        successes += is_terminal and screen.get("success", True) is True
        if "success" in screen and not is_terminal:
            yield Problem("INVALID_DEPENDENCIES", pointer(path, "success"), "Only a terminal screen ends in success or not.")
        if screen.get("refresh_on_back") and not has_endpoint:
            yield Problem(
                "INVALID_DEPENDENCIES", pointer(path, "refresh_on_back"), "Without an endpoint nobody can refresh a screen."
            )
    if not successes:
        yield Problem("MISSING_TERMINAL_SCREEN", "/screens", "At least one screen must be terminal and a success.")


# --- The routing model ----------------------------------------------------------------------------
def _declaration_problems(declared: Json, ids: list[str]) -> Problems:
    for one in ids:
        if one and one not in declared:
            yield _problem(one, f"Screen {one} is missing.")
    for one, ways in declared.items():
        if one not in ids:
            yield _problem(one, f"There is no screen {one}.")
        if not isinstance(ways, list):
            yield _problem(one, "The ways from a screen are a list of screens.")
            continue
        for to in ways:
            if to not in ids:
                yield _problem(one, f"There is no screen {to}.")


def _graph_problems(flow: Json, routes: Routes) -> Problems:
    terminal = {id_of(screen) for screen, _ in screens_of(flow) if screen.get("terminal") is True}
    for one, ways in routes.items():
        if len(ways) > MOST_BRANCHES:
            yield _problem(one, f"{MOST_BRANCHES} ways at most may lead from a screen.")
        if one in ways:
            yield _problem(one, "No way leads from a screen to itself; the endpoint may show it again at any time.")
        if not ways and one not in terminal:
            yield _problem(one, "A way ends here, but the screen is not terminal.")
        yield from (_problem(one, f"The way to {to} leads back.") for to in ways if one != to and one in _reached(routes, to))
    entries = entries_of(flow)
    if routes and not entries:
        yield _problem("", "There is no screen to begin with: some way leads to every one.")
    reached = {screen for entry in entries for screen in _reached(routes, entry)}
    yield from (_problem(one, "No way leads here from a screen to begin with.") for one in routes if entries and one not in reached)
    if routes and _parts(routes) > 1:
        yield _problem("", "The screens are not connected: some have no way between them.")


def _parts(routes: Routes) -> int:
    """How many groups of screens there are between which no way leads."""
    both_ways = {one: set(ways) | {other for other in routes if one in routes[other]} for one, ways in routes.items()}
    left, parts = set(routes), 0
    while left:
        left -= _reached({one: list(ways) for one, ways in both_ways.items()}, next(iter(left)))
        parts += 1
    return parts


def _reached(routes: Routes, start: str) -> set[str]:
    reached, waiting = set(), [start]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting.extend(routes.get(one, ()))
    return reached


def _problem(screen_id: str, message: str) -> Problem:
    return Problem("INVALID_ROUTING_MODEL", pointer("/routing_model", screen_id) if screen_id else "/routing_model", message)
