"""The guards that a control run goes without: what each guards, what replaces it, and what the verdict is expected to find."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Guard:
    """One guard. `statements`: SQL that takes away what the database repeats of it, in the run's own database."""

    name: str
    guards: str  # a sentence: what it is there for
    expect: tuple[str, ...] = ()  # names of the verdict's findings of which at least one must be there
    statements: tuple[str, ...] = ()


GUARDS: Mapping[str, Guard] = {}


def put_in_place() -> None:
    """Takes away what PROOF_WITHOUT names."""
