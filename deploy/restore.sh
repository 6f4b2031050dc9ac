#!/bin/bash
# A dump into a NEW database: restore.sh DUMP DATABASE_URL_OF_THE_NEW_ONE. It must exist and be empty: createdb makes it.
# Nothing is changed in any database that has tables, so a mistyped name harms nobody.
set -euo pipefail

dump=${1:?restore.sh DUMP DATABASE_URL: which dump?}
target=${2:?restore.sh DUMP DATABASE_URL: into which database?}

tables=$(psql --no-psqlrc --tuples-only --no-align --dbname="$target" \
    --command="select count(*) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
[ "$tables" = 0 ] || { echo "That database has $tables tables. Make a new one: nothing was changed." >&2; exit 1; }

if [ -f "$dump.sha256" ]; then
    (cd "$(dirname "$dump")" && sha256sum --check --quiet "$(basename "$dump").sha256")
fi
pg_restore --exit-on-error --no-owner --no-privileges --jobs="$(nproc)" --dbname="$target" "$dump"
psql --no-psqlrc --quiet --dbname="$target" --command='analyze'
echo "Restored. Look before anything is started: DATABASE_URL=... manage.py check_ledger"
