"""`python -m proof.soak`: an hour's work of the whole house on the compressed clock, and what memory each process takes.

Nothing is broken. An hour's work is as many beats of the clock as an hour has, and `--payments` payments spread over them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import django

from proof.inside.timing import BEATS
from proof.plan import End, Journey, Plan, make_plan
from proof.stage import Stage

SWEEPS_IN_AN_HOUR = 3600 / 5
"""The clock sweeps every five seconds in production."""


def main() -> int:
    options = _options()
    plan = _calm(make_plan(options.seed, payments=options.payments, customers=50, troubles=False))
    with Stage("soak", speed=options.speed) as stage:
        os.environ.update(stage.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        facts = _soaked(stage, plan, SWEEPS_IN_AN_HOUR * BEATS["sweep"] / options.speed)
    for each in facts["memories"]:
        print("{name}: {early:.0f} MiB, at the end {late:.0f} MiB, at most {most:.0f} MiB".format(**each))
    print("{paid} of {payments} paid, {restarts} restarts.".format(**facts))
    if options.result:
        Path(options.result).write_text(json.dumps(facts))
    return 0


def _soaked(stage: Stage, plan: Plan, seconds: float) -> dict[str, Any]:
    from proof.soaking import soak  # noqa: PLC0415  its models need Django, which needs the database of the stage

    return soak(stage, plan, seconds=seconds)


def _calm(plan: Plan) -> Plan:
    """Everybody approves, and nothing goes wrong on the wire."""
    return Plan(plan.seed, plan.customers, tuple(map(_approved, plan.journeys)))


def _approved(journey: Journey) -> Journey:
    return replace(journey, end=End.APPROVED, faults=(), forgery=None, press=None, wrong_code_first=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="proof.soak", description="An hour's work, and the memory of each process.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--payments", type=int, default=600)
    parser.add_argument("--speed", type=float, default=3.0, help="of the compressed timetable")
    parser.add_argument("--result", default="", help="file for the figures as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
