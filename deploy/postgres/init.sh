#!/bin/bash
# Makes the login and the database of Recado once, when the server of PostgreSQL is set up. The login is no superuser and may make the two
# roles in which the product acts; its migrations do the rest.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v password="$RECADO_DATABASE_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE recado LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD :'password';
CREATE DATABASE recado OWNER recado ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8';
SQL
