#!/bin/bash
# One dump of the database: backup.sh FOLDER [DAYS]. Dumps older than DAYS (14) are removed, but never the last one.
# Reads DATABASE_URL. The dump is whole as of the moment it begins; payments go on meanwhile.
# FIELD_ENCRYPTION_KEYS is not in it: without that key its sealed secrets stay sealed. Keep it elsewhere.
set -euo pipefail
umask 077

folder=${1:?backup.sh FOLDER [DAYS]: which folder?}
days=${2:-14}
: "${DATABASE_URL:?DATABASE_URL is not set: which database?}"
[ -d "$folder" ] || { echo "There is no folder $folder." >&2; exit 1; }

name="paydesk-$(date --utc +%Y%m%dT%H%M%SZ).dump"
draft="$folder/.$name.draft"
trap 'rm -f "$draft"' EXIT

pg_dump --format=custom --compress=6 --no-owner --no-privileges --lock-wait-timeout=30s --file="$draft" "$DATABASE_URL"
pg_restore --list "$draft" >/dev/null # a file that was cut short says so here
mv "$draft" "$folder/$name"
(cd "$folder" && sha256sum "$name" >"$name.sha256")

find "$folder" -maxdepth 1 -name 'paydesk-*.dump*' ! -name "$name*" -mtime "+$days" -delete
echo "$folder/$name"
