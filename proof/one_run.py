"""`python -m proof.one_run`: one run in a process of its own, because each has a database of its own and Django is set up once."""

from __future__ import annotations

import argparse
import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

import django

from proof.controls import CONTROLS, shared_plan
from proof.inside.points import POINTS
from proof.plan import Plan, make_plan, one_of_each
from proof.result import Result
from proof.stage import Stage


def main() -> int:
    """0: every promise held."""
    options = _options()
    plan = _plan(options)
    without = tuple(filter(None, options.without.split(",")))
    with Stage(options.name, without=without, speed=options.speed) as stage:
        os.environ.update(stage.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        result = _driven(stage, plan, without, options.speed)
    replace(result, cpu_seconds=_cpu_seconds()).write(Path(options.result))
    return 0 if result.is_green else 1


def _driven(stage: Stage, plan: Plan, without: tuple[str, ...], speed: float) -> Result:
    from proof.driving import Run  # noqa: PLC0415  its models need Django, which needs the database of the stage

    return Run(stage, plan, without=without, speed=speed).drive()


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(each.ru_utime + each.ru_stime for each in used), 1)


def _plan(options: argparse.Namespace) -> Plan:
    names = [point.name for point in POINTS]
    if options.control:
        return shared_plan(options.seed) if options.control == "all" else CONTROLS[options.control].plan(options.seed)
    if options.one_of_each:
        return one_of_each(options.seed, points=names)
    return make_plan(options.seed, payments=options.payments, customers=options.customers, points=names, troubles=not options.calm)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="proof.one_run")
    parser.add_argument("--name", default="run", help="of its folder below .local/proof")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--payments", type=int, default=2000)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--without", default="", help="names of guards, with commas")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--one-of-each", action="store_true", help="the small plan of `make test`")
    parser.add_argument("--control", default="", help="the plan of this guard's control, or of all")
    parser.add_argument("--calm", action="store_true", help="nothing of ours is killed or stopped")
    parser.add_argument("--result", required=True, help="file for the result")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
