"""The staff's pages of the desk."""

from desk.admin import people

__all__ = ["people"]
