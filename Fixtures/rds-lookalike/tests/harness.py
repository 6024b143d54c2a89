"""A running look-alike and psql as its client, for the tests."""

import json
import os
import re
import subprocess
import sys
import time

from lookalike.accounts import parse
from lookalike.postgres import find_programs
from tests.signer import Recipe, at

START = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "start")
PSQL = f"{find_programs()}/psql"


class Lookalike:
    """A running look-alike, which ends with its standard input."""

    def __init__(self, *options):
        command = [sys.executable, START, "--until-stdin-closes", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = json.loads(self.process.stdout.readline())

    def __getitem__(self, name):
        return self.facts[name]

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)

    def recipe(self, **changes):
        (account,) = parse(self.read("credentials")).values()
        recipe = Recipe(
            self["host"],
            self["port"],
            region=self["region"],
            key=account.access_key_id,
            secret=account.secret,
            session_token=account.session_token or None,
            date=at(time.time()),
        )
        return recipe.but(**changes)

    def login(self, password, user="app", **words):
        conninfo = {"host": self["host"], "hostaddr": "127.0.0.1", "port": self["port"], "user": user}
        conninfo |= {"sslmode": "verify-full", "sslrootcert": self["ca"], "dbname": "postgres"} | words
        quoted = {name: re.sub(r"([\\'])", r"\\\1", str(value)) for name, value in conninfo.items()}
        text = " ".join(f"{name}='{value}'" for name, value in quoted.items())
        return self.psql(text, "SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", password)

    def superuser(self, sql):
        return self.psql(f"host={self['socket']} port={self['port']} user=postgres", sql).stdout.strip()

    def psql(self, conninfo, sql, password=""):
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "30"}
        command = [PSQL, "-X", "-A", "-t", "-w", "-c", sql, conninfo]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def read(self, name):
        with open(self[name], encoding="utf-8") as file:
            return file.read()

    def verdicts(self):
        return [json.loads(line) for line in self.read("verdicts").splitlines()]
