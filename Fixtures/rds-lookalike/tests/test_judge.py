"""What the judge lets in and what it refuses, and that it says nothing secret about either."""

import json
import random
import unittest

from lookalike.accounts import Account
from lookalike.judge import DSQL, RDS, Place, judge
from tests.signer import Recipe

NOW = 1724709600  # 20240826T220000Z
GOOD = Recipe()
PROD = Recipe(host="prod-instance.us-east-1.rds.amazonaws.com", region="us-east-1", key="akid", secret="secret")
CLUSTER = PROD.but(
    host="peccy.dsql.us-east-1.on.aws", port=None, service="dsql", expires="450", date="20240827T000000Z"
)
ODD_USER = "a b+c@d/é~&="


def decide(recipe, token=None, *, user=None, now=NOW, account=None, place=None):
    account = account or Account(recipe.key, recipe.secret, recipe.session_token or "")
    kind = DSQL if recipe.service == "dsql" else RDS
    place = place or Place(recipe.region, frozenset({(recipe.host.lower(), recipe.port)}), kind)
    text = (recipe.token() if token is None else token).encode()
    return judge((user or recipe.user).encode(), text, place, {account.access_key_id: account}.get, now)


class PublishedVectors(unittest.TestCase):
    """Signatures printed in the tests of other projects, or made with botocore 1.43.11."""

    VECTORS = {
        "smithy-rs RDS": (
            PROD.but(port=3306, user="peccy"),
            "dd0cba843009474347af724090233265628ace491ea17ce3eb3da098b983ad89",
        ),
        "botocore RDS": (
            PROD.but(port=3306, user="someusername", secret="skid", date="20161107T173933Z"),
            "d1138cdbc0ca63eec012ec0fc6c2267e03642168f5884a7795320d4c18374c61",
        ),
        "smithy-rs DSQL DbConnect": (
            CLUSTER.but(changes={"Action": "DbConnect", "DBUser": None}),
            "f5f2ad764ca5df44045d4ab6ccecba0eef941b0007e5765885a0b6ed3702a3f8",
        ),
        "smithy-rs DSQL DbConnectAdmin": (
            CLUSTER.but(user="admin", changes={"Action": "DbConnectAdmin", "DBUser": None}),
            "267cf8d04d84444f7a62d5bdb40c44bfc6cb13dd6c64fa7f772df6bbaa90fff1",
        ),
        "botocore, odd user and session token": (
            PROD.but(user=ODD_USER, session_token="TOK+/=="),
            "2975a56ca909ba347d59a0ccb872ffd369fb1a6ad5dde0efe6d2e56abf43bd20",
        ),
        "botocore, upper-case host": (
            PROD.but(host="PROD-instance.us-east-1.rds.amazonaws.com", user="peccy"),
            "dc7de6e5814cb2ff0266bab598537cc731af493196e19acab412781b68143f7b",
        ),
    }

    def test_published_signatures_are_accepted_and_no_other(self):
        for name, (recipe, signature) in self.VECTORS.items():
            now = {"20161107T173933Z": 1478540373, "20240827T000000Z": 1724716800}.get(recipe.date, NOW)
            with self.subTest(name):
                self.assertIsNone(decide(recipe, recipe.token(signature), now=now)["reason"])
                last = "1" if signature[-1] == "0" else "0"
                wrong = recipe.token(signature[:-1] + last)
                self.assertEqual(decide(recipe, wrong, now=now)["reason"], "signature")

    def test_the_signer_of_these_tests_makes_the_same(self):
        for name, (recipe, signature) in self.VECTORS.items():
            with self.subTest(name):
                self.assertEqual(recipe.signature(), signature)


class Verdicts(unittest.TestCase):
    REFUSALS = {
        "another secret": (GOOD.but(secret="other"), "signature"),
        "host signed without its port": (GOOD.but(signed_host=GOOD.host), "signature"),
        "port 443 signed with the port": (GOOD.but(port=443, signed_host=f"{GOOD.host}:443"), "signature"),
        "another region": (GOOD.but(region="eu-west-1"), "scope eu-west-1/rds-db"),
        "another service": (GOOD.but(service="rds"), "scope eu-west-2/rds"),
        "another user": (GOOD.but(user="other"), "DBUser"),
        "another host": (GOOD.but(host="localhost"), "endpoint"),
        "another port": (GOOD.but(port=5433), "endpoint"),
        "a session token too many": (GOOD.but(session_token="T"), "session token"),
        "an empty session token": (GOOD.but(session_token=""), "session token"),
        "another access key": (GOOD.but(key="AKIAOTHER"), "unknown access key"),
        "901 s": (GOOD.but(expires="901"), "expires"),
        "0 s": (GOOD.but(expires="0"), "expires"),
        "-1 s": (GOOD.but(expires="-1"), "expires"),
        "no number of seconds": (GOOD.but(expires="soon"), "expires"),
        "301 s from now": (GOOD.but(date="20240826T220501Z"), "not yet valid"),
        "901 s ago": (GOOD.but(date="20240826T214459Z"), "expired"),
        "61 s ago, for 60 s": (GOOD.but(date="20240826T215859Z", expires="60"), "expired"),
        "no slash before the question mark": (GOOD.but(path=""), "path"),
        "a path": (GOOD.but(path="/blog"), "path"),
        "another action": (GOOD.but(changes={"Action": "describe"}), "action"),
        "another algorithm": (GOOD.but(changes={"X-Amz-Algorithm": "AWS4-HMAC-SHA1"}), "algorithm"),
        "more signed headers": (GOOD.but(changes={"X-Amz-SignedHeaders": "host;x"}), "signed headers"),
        "no user": (GOOD.but(changes={"DBUser": None}), "malformed: DBUser is missing"),
        "a date that is none": (GOOD.but(date="20240832T220000Z"), "malformed: X-Amz-Date"),
        "no port": (GOOD.but(port=None), "malformed: not host:port/?query"),
        "port 65536": (GOOD.but(port=65536), "malformed: port"),
    }

    def test_each_refusal_names_its_reason(self):
        account = Account(GOOD.key, GOOD.secret)
        place = Place("eu-west-2", frozenset({(GOOD.host, 5432), (GOOD.host, 443)}))
        for name, (recipe, reason) in self.REFUSALS.items():
            with self.subTest(name):
                verdict = decide(recipe, user="app", account=account, place=place)
                self.assertEqual((verdict["verdict"], verdict["reason"]), ("refused", reason))

    def test_good_tokens_are_accepted(self):
        cases = {
            "plain": GOOD,
            "session token": GOOD.but(session_token="FwoGZXIvYXdz+/=="),
            "odd user": GOOD.but(user=ODD_USER),
            "user outside the first plane": GOOD.but(user="𝔘ser💧"),
            "port 443 signed as botocore does": GOOD.but(port=443, signed_host=GOOD.host),
            "at the last second": GOOD.but(date="20240826T214500Z"),
            "five minutes ahead": GOOD.but(date="20240826T220500Z"),
            "one second long": GOOD.but(expires="1"),
        }
        for name, recipe in cases.items():
            with self.subTest(name):
                self.assertEqual(decide(recipe)["verdict"], "accepted")

    def test_the_order_of_the_query_does_not_matter(self):
        address, query = GOOD.but(session_token="T").token().split("?")
        pairs = query.split("&")
        random.Random(1).shuffle(pairs)
        self.assertIsNone(decide(GOOD.but(session_token="T"), f"{address}?{'&'.join(pairs)}")["reason"])

    def test_text_that_is_not_encoded_exactly_is_refused(self):
        good = GOOD.token()
        cases = {
            "": "malformed: not host:port/?query",
            "geheim": "malformed: not host:port/?query",
            f"https://{good}": "malformed: not host:port/?query",
            f"{good}&Action=connect": "malformed: a query name occurs twice",
            f"{good}&Acti%6Fn=connect": "malformed: a query name occurs twice",
            f"{good}&": "malformed: query is not percent-encoded name=value pairs",
            good.replace("=app&", "=a+p&"): "malformed: query is not percent-encoded name=value pairs",
            good.replace("=app&", "=a%2&"): "malformed: query is not percent-encoded name=value pairs",
            good.replace("%2Feu-west-2", ""): "malformed: X-Amz-Credential",
            good.replace("%2F2024", "%2F2023"): "malformed: dates of X-Amz-Credential and X-Amz-Date differ",
            good + "x" * 65536: "malformed: too long",
        }
        for token, reason in cases.items():
            with self.subTest(reason):
                self.assertEqual(decide(GOOD, token)["reason"], reason)

    def test_a_session_token_must_be_the_accounts_own(self):
        account = Account(GOOD.key, GOOD.secret, "right")
        for given, reason in (("right", None), ("wrong", "session token"), (None, "session token")):
            with self.subTest(given):
                self.assertEqual(decide(GOOD.but(session_token=given), account=account)["reason"], reason)

    def test_a_token_dies_with_its_credentials(self):
        for expires, reason in ((NOW + 1, None), (NOW, "credentials expired"), (NOW - 60, "credentials expired")):
            with self.subTest(expires - NOW):
                account = Account(GOOD.key, GOOD.secret, expires=expires)
                self.assertEqual(decide(GOOD, account=account)["reason"], reason)

    def test_a_judge_that_fails_refuses(self):
        def broken(_):
            raise OSError("no such file")

        place = Place("eu-west-2", frozenset({(GOOD.host, 5432)}))
        verdict = judge(b"app", GOOD.token().encode(), place, broken, NOW)
        self.assertEqual((verdict["verdict"], verdict["reason"]), ("refused", "judge failed: OSError"))


class Secrets(unittest.TestCase):
    def test_no_mutation_is_accepted_or_quoted(self):
        rng = random.Random(20240826)
        recipe = GOOD.but(session_token="SESSIONTOKENSESSIONTOKEN")
        good = recipe.token()
        for _ in range(3000):
            at, kind = rng.randrange(len(good)), rng.randrange(3)
            letter = chr(rng.randrange(1, 256))
            token = (good[:at], good[:at] + letter + good[at + 1 :], good[:at] + letter + good[at:])[kind]
            verdict = decide(recipe, token)
            if token.lower() != good.lower():
                self.assertEqual(verdict["verdict"], "refused", token)
            text = json.dumps(verdict)
            for secret in (recipe.signature()[:20], "SESSIONTOKEN", recipe.secret):
                self.assertNotIn(secret, text)

    def test_junk_is_refused(self):
        rng = random.Random(1)
        place = Place("eu-west-2", frozenset({(GOOD.host, 5432)}))
        for size in [*range(200), 1800, 65535, 65536, 200000]:
            verdict = judge(rng.randbytes(8), rng.randbytes(size), place, {}.get, NOW)
            self.assertTrue(verdict["reason"].startswith("malformed"), size)


if __name__ == "__main__":
    unittest.main()
