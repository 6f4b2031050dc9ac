"""PostgreSQL, Redis, both simulators, and our processes as the units in `deploy/systemd` start them."""
