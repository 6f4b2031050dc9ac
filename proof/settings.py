"""Production's settings, with the fire inside: what a process of ours is started with while `make prove` runs.

The schedule of the clock is quicker here; everything else is put in place by `proof.inside` when the process starts.
"""

from config.settings import *  # noqa: F403
from config.settings import CELERY_BEAT_SCHEDULE, CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS
from proof.inside import timing

INSTALLED_APPS = [*INSTALLED_APPS, "proof.inside"]
CELERY_BEAT_SCHEDULE = timing.beats(CELERY_BEAT_SCHEDULE)
CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {
    "visibility_timeout": timing.VISIBILITY_SECONDS / timing.speed()
}
