"""Loaded before Django's settings (`-p` in pytest.ini): tests have development settings and leave a running `make run` alone."""

import os

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("LOCAL_DIR", ".local/tests")
