"""The PostgreSQL server's files: where its programs are, its settings, who may log in how, and its roles."""

import glob
import os
import re
import shutil
import subprocess

from .children import Failed

OLDEST = 15

_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)

SETTINGS = {
    "ssl": "on",
    "max_connections": "100",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",  # inside the data folder, so that nothing is left elsewhere
    "min_wal_size": "4MB",
    "max_wal_size": "64MB",
    "log_connections": "on",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_statement": "none",
    "log_min_error_statement": "panic",  # the text of a statement may hold a password
    "password_encryption": "scram-sha-256",
}

# Members of rds_iam are asked for a clear-text password, over TLS only, which goes to the judge; all others for a
# password of their own. So does RDS, with PAM in the place of LDAP.
_ACCESS = """\
local   all postgres trust
local   all all reject
hostssl all +rds_iam all ldap ldapserver=127.0.0.1 ldapport={port} ldapprefix=""
{replication}hostssl all all all scram-sha-256
host    all all all reject
"""

# RDS takes tokens for replication only if `rds.iam_auth_for_replication` says so.
_REPLICATION = 'hostssl replication +rds_iam all ldap ldapserver=127.0.0.1 ldapport={port} ldapprefix=""\n'


def find_programs():
    """The folder with the newest initdb and postgres."""
    folders = [folder for place in _PLACES for folder in glob.glob(place)]
    if shutil.which("pg_config"):
        found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        folders.append(found.stdout.strip())
    versions = {_version(folder): folder for folder in folders if os.access(f"{folder}/initdb", os.X_OK)}
    newest = max(versions, default=0)
    if newest < OLDEST:
        raise Failed(f"no PostgreSQL server of version {OLDEST} or newer found; install postgresql")
    return versions[newest]


def _version(folder):
    try:
        run = subprocess.run([f"{folder}/postgres", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    match = re.search(r"\) ([0-9]+)", run.stdout)
    return int(match.group(1)) if match else 0


def _quote(text, mark):
    return mark + text.replace(mark, mark + mark) + mark


def write_settings(data, settings, ldap_port, replication):
    """Appends the settings to postgresql.conf and replaces pg_hba.conf."""
    with open(f"{data}/postgresql.conf", "a", encoding="utf-8") as file:
        file.writelines(f"{name} = {_quote(value, chr(39))}\n" for name, value in settings.items())
    with open(f"{data}/pg_hba.conf", "w", encoding="utf-8") as file:
        rule = _REPLICATION.format(port=ldap_port) if replication else ""
        file.write(_ACCESS.format(port=ldap_port, replication=rule))


def roles_sql(iam_users, plain_users, password_users, databases):
    """The statements that make the roles and databases, in the form `postgres --single -j` reads."""
    name, text = (lambda word: _quote(word, '"')), (lambda word: _quote(word, "'"))
    statements = ["CREATE ROLE rds_iam NOLOGIN"]
    statements += [f"CREATE ROLE {name(user)} LOGIN IN ROLE rds_iam" for user in iam_users]
    statements += [f"CREATE ROLE {name(user)} LOGIN" for user in plain_users]
    statements += [f"CREATE ROLE {name(user)} LOGIN PASSWORD {text(word)}" for user, word in password_users]
    statements += [f"CREATE DATABASE {name(database)}" for database in databases if database != "postgres"]
    return "".join(f"{statement};\n\n" for statement in statements)
