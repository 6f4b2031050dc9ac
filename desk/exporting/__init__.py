"""Lists as files: asked for by staff, made by a worker a part at a time, taken away by who may."""

from desk.exporting.listing import filters_in
from desk.exporting.making import forget_old, make, under_way
from desk.exporting.tables import TABLES, Table

__all__ = ["TABLES", "Table", "filters_in", "forget_old", "make", "under_way"]
