"""Django's entry: everything is put in place when a process starts, before it does anything."""

import ctypes
import os
import signal
import sys

from django.apps import AppConfig

from proof.inside import arming

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class InsideConfig(AppConfig):
    name = "proof.inside"
    label = "proof_inside"

    def ready(self) -> None:
        """Last of all apps: every module of ours that has models or receivers is there."""
        from proof.inside import clock, points, without  # noqa: PLC0415  they name functions of parts that have models

        if os.environ.get(arming.FOLDER):
            end_with_parent()
        clock.put_in_place()
        without.put_in_place()
        points.put_in_place()


def end_with_parent() -> None:
    """systemd ends all processes of a unit together; granian's worker would go on alone when granian is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
