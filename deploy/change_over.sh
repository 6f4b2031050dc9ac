#!/bin/bash
# change_over RELEASE: that release serves from now on, and at no moment does nobody. Also the way back: a release that was there before.
#   sudo deploy/change_over.sh /srv/paydesk-releases/20261121T160000Z
set -euo pipefail

change_over() {
    local release=$1
    [ -x "$release/.venv/bin/python" ] || { echo "There is no release in $release." >&2; return 1; }
    install --mode=0644 "$release"/deploy/systemd/* /etc/systemd/system/
    systemctl daemon-reload
    # With the new code, while the old one serves: nothing has changed over if it fails.
    if ! systemctl start "paydesk-migrate@${release##*/}"; then
        journalctl --unit="paydesk-migrate@${release##*/}" --output=cat --lines=20 | grep --extended-regexp '^[[:alnum:]_.]+(Error|Configured|Exception): ' >&2 || true
        echo "The migrations did not run: journalctl --unit=paydesk-migrate@${release##*/}. The old release goes on serving." >&2
        return 1
    fi
    ln --symbolic --force --no-dereference "$release" /srv/paydesk.next
    mv --no-target-directory /srv/paydesk.next /srv/paydesk # in one step: nobody finds nothing there
    systemctl enable paydesk.target paydesk-backup.timer
    local port number
    for port in 8001 8002; do
        systemctl restart "paydesk-web@$port"
        wait_until_healthy "$port"
    done
    for number in 1 2 3; do
        systemctl restart "paydesk-worker@$number" # finishes what it has in hand first
    done
    systemctl restart paydesk-clock
    systemctl start paydesk.target paydesk-backup.timer
    echo "$release serves."
}

wait_until_healthy() {
    local host
    host=$(sed --quiet 's/^ALLOWED_HOSTS=//p' /etc/paydesk/paydesk.env | cut --delimiter=, --fields=1)
    for _ in $(seq 60); do
        curl --silent --fail --output /dev/null --max-time 2 --header "Host: $host" "http://127.0.0.1:$1/healthz" && return
        sleep 0.5
    done
    echo "The web process on port $1 does not answer; the other one still serves the old release. journalctl --unit=paydesk-web@$1" >&2
    return 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    change_over "${1:?change_over.sh RELEASE: which one? ls /srv/paydesk-releases}"
fi
