"""What the desk remembers: figures by day, statements and what they were matched with, exports, who signs in how."""

from desk.models.export import Export, ExportPart, ExportStatus
from desk.models.figures import DayFigures, DayForms, FiguresProgress
from desk.models.role import Role
from desk.models.second_factor import Authenticator, RecoveryCode
from desk.models.statement import ClosedDay, LineStatus, SourceKind, StatementFile, StatementLine, StatementSource

__all__ = [
    "Authenticator",
    "ClosedDay",
    "DayFigures",
    "DayForms",
    "Export",
    "ExportPart",
    "ExportStatus",
    "FiguresProgress",
    "LineStatus",
    "RecoveryCode",
    "Role",
    "SourceKind",
    "StatementFile",
    "StatementLine",
    "StatementSource",
]
