#!/usr/bin/env bash
# Run once by the image of PostgreSQL when its volume is empty: the owner of the tables, and the application, which owns nothing.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner="$(cat /run/secrets/database_owner_password)" --set application="$(cat /run/secrets/database_password)" <<'END'
CREATE ROLE tierread_owner LOGIN PASSWORD :'owner';
CREATE ROLE tierread LOGIN PASSWORD :'application';
CREATE DATABASE tierread OWNER tierread_owner;
REVOKE ALL ON DATABASE tierread FROM PUBLIC;
GRANT CONNECT ON DATABASE tierread TO tierread;
\connect tierread
ALTER SCHEMA public OWNER TO tierread_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
END
