"""Figures by day: made from payments, events, refunds and forms, kept up to date by the clock, read by the desk."""

from desk.figures.making import make_day, make_forms
from desk.figures.progress import make_range, update_figures
from desk.figures.reading import MethodFigures, Taken, figures_since, forms_since, how_they_ended, taken_in

__all__ = [
    "MethodFigures",
    "Taken",
    "figures_since",
    "forms_since",
    "how_they_ended",
    "make_day",
    "make_forms",
    "make_range",
    "taken_in",
    "update_figures",
]
