"""Environment variables."""
from .kit import LATER, PAST, fails, keys, scenario

BOTH = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDENV"}
ASK = "environment"

SCENARIOS = [
    scenario("both keys", "A2", ASK, keys("AKIDENV", source="environment"), BOTH),
    scenario("with session token", "A2", ASK, keys("AKIDENV", token="SECRET-t", source="environment"),
             {**BOTH, "AWS_SESSION_TOKEN": "SECRET-t"}),
    scenario("a blank session token counts as none", "A2", ASK, keys("AKIDENV"), {**BOTH, "AWS_SESSION_TOKEN": " \t"}),
    scenario("an empty session token counts as none", "A2, B10", ASK, keys("AKIDENV"), {**BOTH, "AWS_SESSION_TOKEN": ""}),
    scenario("with account", "A2", ASK, keys("AKIDENV", account="111122223333"),
             {**BOTH, "AWS_ACCOUNT_ID": "111122223333"}),
    scenario("with an expiry, as botocore reads it", "A2", ASK, keys("AKIDENV", expires=LATER),
             {**BOTH, "AWS_CREDENTIAL_EXPIRATION": LATER}),
    scenario("an expiry with an offset", "A2", ASK, keys("AKIDENV", expires="2026-01-02T09:04:05Z"),
             {**BOTH, "AWS_CREDENTIAL_EXPIRATION": "2026-01-02T11:34:05+02:30"}),
    scenario("an expiry with fractional seconds", "C1 dates", ASK, keys("AKIDENV", expires="2026-01-02T09:04:05Z"),
             {**BOTH, "AWS_CREDENTIAL_EXPIRATION": "2026-01-02T09:04:05.000Z"}),
    scenario("already expired", "A2", ASK, fails("expired", PAST), {**BOTH, "AWS_CREDENTIAL_EXPIRATION": PAST}),
    scenario("an expiry that is no time", "A2", ASK, fails("invalidConfiguration", "AWS_CREDENTIAL_EXPIRATION"),
             {**BOTH, "AWS_CREDENTIAL_EXPIRATION": "tomorrow"}),
    scenario("nothing set", "A1", ASK, fails("notConfigured", "AWS_ACCESS_KEY_ID")),
    scenario("blank keys count as unset", "A2", ASK, fails("notConfigured"),
             {"AWS_ACCESS_KEY_ID": " ", "AWS_SECRET_ACCESS_KEY": "  "}),
    scenario("an access key without its secret stops", "A2, D5", ASK,
             fails("invalidConfiguration", "AWS_SECRET_ACCESS_KEY"), {"AWS_ACCESS_KEY_ID": "AKIDENV"}),
    scenario("an access key with a blank secret stops", "A2", ASK, fails("invalidConfiguration"),
             {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": ""}),
    scenario("a secret alone is not enough", "A2", ASK, fails("notConfigured"),
             {"AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDENV"}),
    scenario("AWS_SECURITY_TOKEN, which only botocore reads, is not read", "A2", ASK, keys("AKIDENV"),
             {**BOTH, "AWS_SECURITY_TOKEN": "SECRET-t"}),
    scenario("names of other programs are not read", "A2", ASK, fails("notConfigured"),
             {"AWS_ACCESS_KEY": "AKIDENV", "AWS_SECRET_KEY": "SECRET-x", "SECRET_ACCESS_KEY": "SECRET-x"}),
]
