"""What the desk remembers: figures by day, statements and what they were matched with, exports."""

from desk.models.export import Export, ExportPart, ExportStatus
from desk.models.figures import DayFigures, DayForms, FiguresProgress
from desk.models.statement import ClosedDay, LineStatus, SourceKind, StatementFile, StatementLine, StatementSource

__all__ = [
    "ClosedDay",
    "DayFigures",
    "DayForms",
    "Export",
    "ExportPart",
    "ExportStatus",
    "FiguresProgress",
    "LineStatus",
    "SourceKind",
    "StatementFile",
    "StatementLine",
    "StatementSource",
]
