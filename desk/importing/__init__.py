"""Statements brought in: whose column is which, what each row says, and every line kept once."""

from desk.importing.columns import FIELDS, CannotMap, OurField, check_columns, fields_of
from desk.importing.looking import Look, look_at
from desk.importing.storing import CannotImport, content_of, import_file, is_mapped, keep_file, map_columns, source_for

__all__ = [
    "FIELDS",
    "CannotImport",
    "CannotMap",
    "Look",
    "OurField",
    "check_columns",
    "content_of",
    "fields_of",
    "import_file",
    "is_mapped",
    "keep_file",
    "look_at",
    "map_columns",
    "source_for",
]
