"""Keeps what a run left in its database, as one file for each table, for whoever wants to look after the database is gone."""

from __future__ import annotations

from pathlib import Path

from django.db import connection


def keep_rows(folder: Path) -> None:
    """`folder/<table>.csv`, with the names of the columns first."""
    folder.mkdir(parents=True, exist_ok=True)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            question = f"COPY {connection.ops.quote_name(table)} TO STDOUT WITH (FORMAT csv, HEADER)"
            with (folder / f"{table}.csv").open("wb") as file, cursor.copy(question) as rows:
                for piece in rows:
                    file.write(piece)
