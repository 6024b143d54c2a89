"""The command that judges many tokens: a verdict for each line, with what the line overrides."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from tests.signer import Recipe

VERIFY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "verify.py")
GOOD = Recipe()
DSQL = GOOD.but(host="peccy.dsql.us-east-1.on.aws", port=None, service="dsql", region="us-east-1", expires="604800")
DSQL = DSQL.but(changes={"Action": "DbConnect", "DBUser": None})


class Verify(unittest.TestCase):
    def judge(self, *cases):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(f"[a]\naws_access_key_id={GOOD.key}\naws_secret_access_key={GOOD.secret}\n")
            file.flush()
            command = [sys.executable, VERIFY, "--credentials", file.name, "--now", "1724709600"]
            command += ["--region", "eu-west-2", "--endpoint", f"{GOOD.host}:5432"]
            lines = "".join(json.dumps(case) + "\n" for case in cases)
            run = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=60)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def test_a_line_is_judged_by_the_options_or_by_what_it_overrides(self):
        def case(recipe, **more):
            return {"user": recipe.user, "token": recipe.token()} | more

        own = {"access_key_id": "AKIAOWN", "secret_access_key": "own", "session_token": "T"}
        cases = [
            (case(GOOD), None),
            (case(GOOD.but(user="💧 é")), None),
            (case(GOOD, now=1724709600 + 901), "expired"),
            (case(GOOD, region="eu-west-1"), "scope eu-west-2/rds-db"),
            (case(GOOD, host=GOOD.host, port=5433), "endpoint"),
            (case(GOOD, host=GOOD.host.upper(), port=5432), None),
            (case(GOOD.but(key="AKIAOWN", secret="own", session_token="T"), **own), None),
            (case(GOOD, **own), "unknown access key"),
            (case(DSQL, host=DSQL.host, region="us-east-1", service="dsql"), None),
            (case(DSQL, host=DSQL.host, region="us-east-1", service="dsql", user="admin"), "action"),
            ({"user": "app", "token": "geheim"}, "malformed: not host:port/?query"),
        ]
        verdicts = self.judge(*({"id": at} | case for at, (case, _) in enumerate(cases)))
        self.assertEqual([verdict["id"] for verdict in verdicts], list(range(len(cases))))
        self.assertEqual([verdict["reason"] for verdict in verdicts], [reason for _, reason in cases])

    def test_thousands_in_one_process(self):
        users = [f"user {number}" for number in range(3000)]
        verdicts = self.judge(*({"user": user, "token": GOOD.but(user=user).token()} for user in users))
        self.assertEqual([verdict["user"] for verdict in verdicts if verdict["verdict"] == "accepted"], users)


if __name__ == "__main__":
    unittest.main()
