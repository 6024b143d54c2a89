"""The whole look-alike, with psql as the client: who gets in, what is written down, and that nothing is left behind."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from tests.harness import START, Lookalike
from tests.signer import at

ODD_USER = "a b+c@d/é~&='\"\\"


class Logins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Lookalike(
            *("--user", "app", "--user", ODD_USER, "--plain-user", "plain", "--password-user", "pw:geheim"),
            *("--database", "my blog", "--endpoint", "tunnel.example.com:5432"),
            *("--postgres-option", "max_connections=33"),
        )
        cls.addClassCleanup(cls.server.stop)

    def enter(self, recipe, user="app", **words):
        """(psql's result, the verdicts it caused)."""
        before = len(self.server.verdicts())
        run = self.server.login(recipe.token(), user, **words)
        return run, self.server.verdicts()[before:]

    def assert_refused(self, reason, recipe, user="app"):
        run, verdicts = self.enter(recipe, user)
        self.assertIn(f'LDAP authentication failed for user "{user}"', run.stderr)
        self.assertEqual([(v["user"], v["verdict"], v["reason"]) for v in verdicts], [(user, "refused", reason)])

    def test_a_valid_token_lets_its_user_in_over_verified_tls(self):
        recipe = self.server.recipe()
        run, verdicts = self.enter(recipe)
        self.assertEqual(run.stdout.strip(), "app|t", run.stderr)
        told = {name: verdicts[0][name] for name in ("user", "verdict", "reason", "host", "port", "access_key_id")}
        expected = {"user": "app", "verdict": "accepted", "reason": None, "host": recipe.host, "port": recipe.port}
        self.assertEqual(told, expected | {"access_key_id": recipe.key})
        self.assertRegex(verdicts[0]["time"], r"^20..-..-..T..:..:..\.\d{3}Z$")

    def test_odd_users_and_databases_work(self):
        run, verdicts = self.enter(self.server.recipe(user=ODD_USER), ODD_USER, dbname="my blog")
        self.assertEqual(run.stdout.strip(), f"{ODD_USER}|t", run.stderr)
        self.assertEqual(verdicts[0]["user"], ODD_USER)

    def test_a_token_for_a_further_endpoint_lets_in(self):
        run, _ = self.enter(self.server.recipe(host="tunnel.example.com", port=5432))
        self.assertEqual(run.stdout.strip(), "app|t", run.stderr)

    def test_each_wrong_token_is_refused_with_its_reason(self):
        good = self.server.recipe()
        self.assert_refused("signature", good.but(secret="other"))
        self.assert_refused("scope eu-west-1/rds-db", good.but(region="eu-west-1"))
        self.assert_refused("DBUser", good.but(user="other"))
        self.assert_refused("endpoint", good.but(port=5432))
        self.assert_refused("endpoint", good.but(host="localhost"))
        self.assert_refused("session token", good.but(session_token="x" * 40000))
        self.assert_refused("expired", good.but(date=at(time.time() - 1000)))
        self.assert_refused("unknown access key", good.but(key="AKIAOTHER"))

    def test_without_tls_no_token_is_looked_at(self):
        run, verdicts = self.enter(self.server.recipe(), sslmode="disable")
        self.assertRegex(run.stderr, "pg_hba.conf rejects connection .* no encryption")
        self.assertEqual(verdicts, [])

    def test_a_user_without_rds_iam_is_asked_for_a_password_of_its_own(self):
        run, verdicts = self.enter(self.server.recipe(user="plain"), "plain")
        self.assertIn('password authentication failed for user "plain"', run.stderr)
        self.assertEqual(verdicts, [])
        self.assertEqual(self.server.login("geheim", "pw").stdout.strip(), "pw|t")

    def test_the_superuser_comes_in_through_the_socket_only(self):
        self.assertEqual(self.server.superuser("SHOW max_connections"), "33")
        self.assertEqual(self.server.login("", "postgres").returncode, 2)

    def test_the_log_and_the_verdicts_hold_no_secret(self):
        recipe = self.server.recipe(session_token="SESSIONTOKEN")
        self.enter(recipe)
        texts = self.server.read("log") + self.server.read("verdicts")
        for secret in (recipe.token(), recipe.signature(), recipe.secret, "SESSIONTOKEN", "X-Amz", "geheim"):
            self.assertNotIn(secret, texts)


class Changes(unittest.TestCase):
    """What may change while it runs; each test has a look-alike of its own."""

    def start(self, *options):
        server = Lookalike("--user", "app", *options)
        self.addCleanup(server.stop)
        return server

    def test_the_clock_and_the_accounts(self):
        with tempfile.TemporaryDirectory() as folder:
            self.change(self.start("--clock-shift", "1000", "--credentials", self.account(folder, "s1", "t1")), folder)

    def account(self, folder, secret, session_token, more=""):
        path = os.path.join(folder, "credentials")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"[x]\naws_access_key_id=ASIA1\naws_secret_access_key={secret}\n")
            file.write(f"aws_session_token={session_token}\n{more}\n")
        return path

    def change(self, server, folder):
        def reason_for(recipe):
            server.login(recipe.token())
            return server.verdicts()[-1]["reason"]

        first = server.recipe()
        self.assertEqual(reason_for(first), "expired")
        for shift, reason in (("-400", "not yet valid"), ("0", None)):
            with open(server["clock_shift"], "w", encoding="ascii") as file:
                file.write(shift)
            self.assertEqual(reason_for(first), reason)
        self.account(folder, "s2", "t2")
        self.assertEqual(reason_for(first), "session token")
        self.assertIsNone(reason_for(server.recipe()))
        self.account(folder, "s2", "t2", f"expires={time.time() - 1}")
        self.assertEqual(reason_for(server.recipe()), "credentials expired")

    def test_a_standby_is_read_only_and_another_region_and_name_count(self):
        name = "x.proxy-abcdefghijkl.cn-north-1.rds.amazonaws.com.cn"
        server = self.start("--standby", "--name", name, "--region", "cn-north-1")
        self.assertEqual(server.login(server.recipe().token(), target_session_attrs="standby").stdout.strip(), "app|t")
        self.assertEqual(server["host"], name)
        self.assertEqual(server.superuser("SELECT pg_is_in_recovery()"), "t")

    def test_a_cached_data_folder_is_as_good_as_a_new_one(self):
        with tempfile.TemporaryDirectory() as folder:
            cache = os.path.join(folder, "new", "cache")
            for _ in ("fills it", "uses it"):
                server = self.start("--cache", cache)
                self.assertEqual(server.login(server.recipe().token()).stdout.strip(), "app|t")
                self.assertEqual(len(os.listdir(cache)), 1)

    def test_a_killed_server_comes_back_where_asked(self):
        server = self.start("--restart")
        os.kill(server["postmaster"], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while server.superuser("SELECT 1") != "1":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(server.login(server.recipe().token()).stdout.strip(), "app|t")


class Endings(unittest.TestCase):
    """However it ends, its folder and its processes go. Each look-alike has a temporary folder that names it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="end.", dir="/tmp")
        os.chmod(self.folder, 0o711)
        self.addCleanup(os.rmdir, self.folder)

    def spawn(self, *options, **words):
        command = [sys.executable, START, *options]
        environment = os.environ | {"TMPDIR": self.folder}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **words)

    def assert_gone(self, process):
        process.communicate(timeout=60)  # its output ends with the last process that could write to it
        deadline = time.monotonic() + 20
        while os.listdir(self.folder) or self.processes():
            self.assertLess(time.monotonic(), deadline, (os.listdir(self.folder), self.processes()))
            time.sleep(0.05)

    def processes(self):
        listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
        return [line for line in listing.splitlines() if f"{self.folder}/" in line]

    def test_every_signal_and_death_at_any_moment(self):
        rng = random.Random()
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            for _ in range(2):
                # Python, which imports its modules still, may drop the KeyboardInterrupt; `start` unblocks it in time.
                block = (lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {sign})) if sign == signal.SIGINT else None
                process = self.spawn(stdin=subprocess.DEVNULL, preexec_fn=block)
                time.sleep(rng.uniform(0, 1.5))
                process.send_signal(sign)
                with self.subTest(sign):
                    self.assert_gone(process)

    def test_a_request_to_stop_is_success(self):
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.spawn(stdin=subprocess.DEVNULL)
            process.stdout.readline()
            process.send_signal(sign)
            self.assert_gone(process)
            self.assertEqual(process.returncode, 0)

    def test_the_end_of_the_process_it_was_bound_to(self):
        caller = subprocess.Popen(["sleep", "600"])
        process = self.spawn("--while-pid", str(caller.pid), stdin=subprocess.DEVNULL)
        process.stdout.readline()
        caller.kill()
        self.assert_gone(process)
        caller.wait()

    def test_a_server_that_dies_is_a_failure(self):
        process = self.spawn(stdin=subprocess.DEVNULL)
        os.kill(json.loads(process.stdout.readline())["postmaster"], signal.SIGINT)
        self.assert_gone(process)
        self.assertEqual(process.returncode, 1)

    def test_options_that_cannot_be(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port = str(taken.getsockname()[1])
        cases = {("--user", "x" * 64): 2, ("--name", "a,b"): 2, ("--user",): 2, ("--nonsense",): 2}
        cases |= {("--listen", port): 1, ("--postgres-option", "nonsense=1"): 1}
        for options, code in cases.items():
            with self.subTest(options):
                process = self.spawn(*options, stdin=subprocess.DEVNULL)
                self.assert_gone(process)
                self.assertEqual(process.returncode, code)


if __name__ == "__main__":
    unittest.main()
