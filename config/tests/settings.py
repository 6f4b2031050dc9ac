"""The settings of tests: those of a development machine, beside a running `make run` and not in its way."""

import os

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("LOCAL_DIR", ".local/tests")

from config.settings import *  # noqa: F403  the environment comes first
