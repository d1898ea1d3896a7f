#!/bin/sh
# Creates Temporal's two databases where they are missing, and brings their schemas up to this server's version.
# Every step may run again: `create` and `setup-schema` leave what is there, `update-schema` applies what is new.
set -eu
SQL_PASSWORD="$(cat /run/secrets/postgres-password)"
export SQL_PASSWORD
versions=/etc/temporal/schema/postgresql/v12

bring_up_to_date() { # database, folder
    temporal-sql-tool --db "$1" create
    temporal-sql-tool --db "$1" setup-schema -v 0.0
    temporal-sql-tool --db "$1" update-schema -d "$versions/$2/versioned"
}

bring_up_to_date temporal temporal
bring_up_to_date temporal_visibility visibility
