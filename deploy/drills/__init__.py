"""Drills: what an operator would rather not try for the first time on a bad day, played through with simulators on one machine.

`python -m deploy.drills.<name>`; each prints what it saw and exits 1 when something was not as it must be. Needs a development
checkout and PostgreSQL's own programs; reaches nothing outside.
"""
