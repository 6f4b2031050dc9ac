"""Loaded before Django's settings (`-p` in pytest.ini): tests run with development settings unless told otherwise."""

import os

os.environ.setdefault("DEBUG", "1")
