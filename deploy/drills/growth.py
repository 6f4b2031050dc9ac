"""What a payment leaves behind: rows and bytes in each table, for each payment: python -m deploy.drills.growth DATABASE_URL

Reads the catalogue only, so it can be asked of a database in use. Bytes are heap, indexes and long values together.
"""

import sys

import psycopg

_SIZES = """
select relname, greatest(reltuples, 0)::bigint, pg_relation_size(pg_class.oid), pg_total_relation_size(pg_class.oid)
from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
order by pg_total_relation_size(pg_class.oid) desc limit 12
"""


def main() -> int:
    show_growth(sys.argv[1])
    return 0


def show_growth(database_url: str) -> None:
    """Prints a table for people."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select greatest(reltuples, 1) from pg_class where relname = 'customer_data_payment'").fetchone()
        payments = int(row[0]) if row else 1
        print(f"{payments:,} payments; for each:\n\n| table | rows | bytes | of these, indexes |\n|---|---|---|---|")
        for name, rows, heap, total in connection.execute(_SIZES):
            print(f"| `{name}` | {rows / payments:.2f} | {total / payments:.0f} | {(total - heap) / payments:.0f} |")


if __name__ == "__main__":
    sys.exit(main())
