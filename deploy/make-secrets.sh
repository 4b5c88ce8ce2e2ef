#!/usr/bin/env bash
# Makes what docker-compose.yml wants in ./secrets; what is there already stays. NAME is how people will call this server.
# The folder is for its owner alone; the files in it are readable, since services read theirs as users of their own.
set -euo pipefail
name=${1:?usage: deploy/make-secrets.sh NAME}
umask 022
mkdir -p secrets
chmod 700 secrets
cd secrets

keep() {
  cat >"$1.new"
  if [ -s "$1" ]; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

openssl rand -hex 24 | tr -d '\n' | keep postgres_password
openssl rand -hex 24 | tr -d '\n' | keep database_owner_password
openssl rand -hex 24 | tr -d '\n' | keep database_password
printf 'postgresql+psycopg://tierread:%s@postgres/tierread' "$(cat database_password)" | keep database_url
printf 'postgresql+psycopg://tierread_owner:%s@postgres/tierread' "$(cat database_owner_password)" | keep database_owner_url
openssl rand -hex 10 | tr -d '\n' | keep s3_access_key
openssl rand -hex 24 | tr -d '\n' | keep s3_secret_key
keep s3_identities.json <<END
{"identities": [{"name": "tierread",
  "credentials": [{"accessKey": "$(cat s3_access_key)", "secretKey": "$(cat s3_secret_key)"}],
  "actions": ["Read:pictures", "Write:pictures", "List:pictures", "Tagging:pictures"]}]}
END
if [ ! -s tls.pem ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 825 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout tls.key -out tls.crt 2>/dev/null
  cat tls.crt tls.key >tls.pem
  rm tls.crt tls.key
  echo "secrets/tls.pem is a certificate that no browser trusts: put that of your authority in its place, key below it."
fi
