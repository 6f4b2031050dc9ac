"""PostgreSQL, Redis, both simulators, and our processes as the units in `deploy/systemd` start them."""

from proof.stage.stage import NotReady, Stage

__all__ = ["NotReady", "Stage"]
