#!/bin/sh
# Sets up the databases of the Temporal server, or brings them up to the version of
# these tools. Doing it again changes nothing.
set -eu
SQL_PASSWORD=$(cat /run/secrets/postgres_password)
export SQL_PASSWORD

# prepare_database NAME SCHEMA
prepare_database() {
	temporal-sql-tool --database "$1" create-database
	temporal-sql-tool --database "$1" setup-schema --version 0.0
	temporal-sql-tool --database "$1" update-schema --schema-name "postgresql/v12/$2"
}

prepare_database temporal temporal
prepare_database temporal_visibility visibility
echo "the schema is up to date"
