#!/bin/bash
# Prints an environment for production, with fresh secrets: new_environment.sh pay.example.com HOST_OF_POSTGRES HOST_OF_REDIS
# For compose: new_environment.sh pay.example.com postgres redis > .env, and the password in secrets/database_password (below).
# What the business itself knows (Paynow, WhatsApp, name) is left empty, with its line of meaning, for you to fill in.
set -euo pipefail
name=${1:?which public name, such as pay.example.com?}
postgres=${2:-127.0.0.1}
redis=${3:-127.0.0.1}
example="$(dirname "$0")/../.env.example"

secret() { head --bytes="$1" /dev/urandom | base64 --wrap=0 | tr -- '+/' '-_' | tr --delete '='; }
flow_key() { openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | base64 --wrap=0; }

declare -A fresh=(
    [DEBUG]=0
    [SECRET_KEY]=$(secret 48)
    [ALLOWED_HOSTS]=$name
    [SITE_URL]=https://$name
    [DATABASE_URL]=postgresql://paydesk:$(secret 24)@$postgres:5432/paydesk
    [REDIS_URL]=redis://$redis:6379/0
    [TRUSTED_PROXIES]=1
    [FIELD_ENCRYPTION_KEYS]=$(secret 32)
    [METRICS_DIR]=/run/paydesk/metrics
    [METRICS_TOKEN]=$(secret 24)
    [WHATSAPP_VERIFY_TOKEN]=$(secret 24)
    [WHATSAPP_FLOW_PRIVATE_KEY]=$(flow_key)
)
while IFS= read -r line; do
    key=${line%%=*}
    if [[ $line != \#* && -v fresh[$key] ]]; then
        printf '%s=%s\n' "$key" "${fresh[$key]}"
    else
        printf '%s\n' "$line"
    fi
done <"$example"
