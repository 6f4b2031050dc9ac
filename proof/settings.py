"""Production's settings, with the fire inside: what a process of ours is started with while `make prove` runs."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "proof.inside"]
