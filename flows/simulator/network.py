"""How bad the network of one phone is: what a person switches on in the panel."""

from dataclasses import dataclass, fields, replace
from typing import Any

MOST_DELAY_SECONDS = 10
DROPS = ("none", "requests", "answers", "webhooks")


@dataclass(frozen=True)
class Network:
    """All off: a good network.

    `drop`: `requests` of a Flow never reach our app; `answers` to them never reach the phone, though our app did the work;
    `webhooks` are lost on their way and delivered again later, as Meta does.
    """

    duplicate: bool = False
    delay_seconds: float = 0
    reorder: bool = False
    drop: str = "none"
    repeat_init: bool = False
    close_midway: bool = False

    def switched(self, changes: dict[str, Any]) -> "Network":
        """With these switches changed. Raises ValueError for one that there is not, or a value it cannot have."""
        if unknown := set(changes) - {each.name for each in fields(self)}:
            raise ValueError(f"There is no switch {sorted(unknown)[0]}.")
        for name, value in changes.items():
            _check(name, value)
        return replace(self, **changes)


def _check(name: str, value: Any) -> None:
    if name == "drop":
        if value not in DROPS:
            raise ValueError(f"drop is one of {', '.join(DROPS)}.")
    elif name == "delay_seconds":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value <= MOST_DELAY_SECONDS:
            raise ValueError(f"delay_seconds is a number from 0 to {MOST_DELAY_SECONDS}.")
    elif not isinstance(value, bool):
        raise ValueError(f"{name} is true or false.")
