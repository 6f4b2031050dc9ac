"""How the record of changes keeps the rows of one model. Which models it keeps stands in `settings.RECORDED`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recorded:
    """`left_out`: columns that change all the time and say nothing. `as_digest`: what is secret, or long: kept as its SHA-256.

    Sealed and binary columns are kept as digests without being named. `belongs_to`: the column that holds the key of the row on
    whose page a change is read, for rows without a page of their own: which groups somebody is in.
    """

    left_out: tuple[str, ...] = ()
    as_digest: tuple[str, ...] = ()
    belongs_to: tuple[str, str] | None = None  # model, column
