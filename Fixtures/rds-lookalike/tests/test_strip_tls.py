"""strip-tls gets the password of a client that does not insist on TLS, and nothing from one that does."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from lookalike.postgres import find_programs

STRIP_TLS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "strip-tls")


class TLSStripper(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.events = os.path.join(folder.name, "events")
        command = [sys.executable, STRIP_TLS, self.events]
        self.stripper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(self.stripper.wait, 30)
        self.addCleanup(self.stripper.stdin.close)
        self.addCleanup(self.stripper.stdout.close)
        self.facts = json.loads(self.stripper.stdout.readline())

    def log_in(self, mode):
        """The events of one login by psql."""
        conninfo = f"host=127.0.0.1 port={self.facts['port']} user=app gssencmode=disable sslmode={mode}"
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": "geheim", "PGCONNECT_TIMEOUT": "30"}
        command = [f"{find_programs()}/psql", "-X", "-w", "-c", "SELECT 1", conninfo]
        run = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 2)
        with open(self.events, encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn("geheim", text)
        return [json.loads(line) for line in text.splitlines()]

    def test_a_client_that_prefers_tls_sends_its_password(self):
        startup, password = {"event": "startup", "user": "app"}, {"event": "password", "bytes": 6}
        self.assertEqual(self.log_in("prefer"), [{"event": "tls refused"}, startup, password])

    def test_a_client_that_requires_tls_sends_nothing(self):
        self.assertEqual(self.log_in("require")[0], {"event": "tls refused"})
        self.assertFalse([event for event in self.log_in("require") if event["event"] in ("startup", "password")])
