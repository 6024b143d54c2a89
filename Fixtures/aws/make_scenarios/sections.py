"""The names of sections as the AWS CLI writes them, and files that can be read in part."""
from . import sso
from .kit import ROLE, assume_role, compared, config, fails, keys, session_keys, sha1, static

C, S = "~/.aws/config", "~/.aws/credentials"
ACME = f"~/.aws/sso/cache/{sha1('Acme Corp')}.json"
US = {"AWS_REGION": "us-east-1"}


def acme(header, name="Acme Corp"):
    profile = {"sso_session": name, **sso.ROLE_KEYS}
    return {C: config({"profile dev": profile, header: sso.SESSION}), ACME: sso.token()}


def one(name, ask, header, file=C, expect=None, **more):
    return compared(name, "3", f"profile:{ask}", expect or keys("AKIDTEAM", profile=ask), None,
                    {file: config({header: static("AKIDTEAM")})}, **more)


def endpoint(services, url, **more):
    sections = {"profile dev": {"role_arn": ROLE, "source_profile": "base", "services": "x y"},
                "profile base": static("AKIDBASE")}
    return compared(*more.pop("names"), "profile:dev", more.pop("expect", session_keys("ASIAROLE")), US,
                    {C: config(sections) + services},
                    [assume_role("AKIDBASE", "ASIAROLE", url=url)] if url else [], **more)


NESTED = "sts =\n  endpoint_url = http://127.0.0.1:4711\n"

SCENARIOS = [
    one("a profile in single quotes, as aws configure writes it", "Team Alpha", "profile 'Team Alpha'"),
    one("a profile in double quotes", "Team Beta", 'profile "Team Beta"'),
    one("a profile that is quoted in part", "Team Beta", "profile Team' 'Beta"),
    one("a profile with an apostrophe", "it's", "profile 'it'\"'\"'s'"),
    one("a profile with an escaped blank", "Team Beta", "profile Team\\ Beta"),
    one("quotes that nothing needs", "dev", "profile 'dev'"),
    one("a name in another script", "grün", "profile grün"),
    one("a raw name with a blank in the credentials file", "Team Alpha", "Team Alpha", S),
    one("a raw name with an apostrophe in the credentials file", "it's", "it's", S),
    one("a name with a blank but without quotes is left out, and named", "Team Alpha", "profile Team Alpha",
        expect=fails("invalidConfiguration", "'Team Alpha'", "[profile Team Alpha] is left out")),
    one("a quote without an end is left out, and named", "Team", "profile 'Team",
        expect=fails("invalidConfiguration", "[profile 'Team] is left out")),
    compared("an sso-session in single quotes", "3", "profile:dev", sso.GOT, None, acme("sso-session 'Acme Corp'"),
             [sso.get()]),
    compared("an sso-session in double quotes", "3", "profile:dev", sso.GOT, None, acme('sso-session "Acme Corp"'),
             [sso.get()]),
    compared("an sso-session that is left out is named", "3", "profile:dev",
             fails("invalidConfiguration", "'Acme Corp'", "[sso-session Acme Corp] is left out"), None,
             acme("sso-session Acme Corp")),
    compared("a sign-in of an sso-session with a blank is quoted in the hint", "3", "profile:dev",
             fails("signInRequired", "aws sso login --sso-session 'Acme Corp'"), None,
             {C: acme("sso-session 'Acme Corp'")[C]}),
    compared("a sign-in of a profile with a blank is quoted in the hint", "3", "profile:My Team",
             fails("signInRequired", "aws sso login --profile 'My Team'"), None,
             {C: config({"profile 'My Team'": {**sso.SESSION, **sso.ROLE_KEYS}})}),
    endpoint("[services 'x y']\n" + NESTED, "http://127.0.0.1:4711/", names=["a services section in quotes", "3"]),
    endpoint('[services "x y"]\n' + NESTED, "http://127.0.0.1:4711/", names=["a services section in double quotes", "3"]),
    endpoint("[services x y]\n" + NESTED, None, names=["a services section that is left out is named", "3"],
             expect=fails("invalidConfiguration", "'x y'", "[services x y] is left out")),
    endpoint("", None, names=["a services section that is missing", "10"],
             expect=fails("invalidConfiguration", "services section 'x y'", "does not exist")),
    endpoint("[services other]\n" + NESTED, None, names=["another services section", "10"],
             expect=fails("invalidConfiguration", "services section 'x y'")),
    compared("an indented comment is no continuation", "3", "profile:dev", keys("AKIDDEV"), None,
             {C: "[profile dev]\n  # the team's\n" + config({"profile dev": static("AKIDDEV")}).split("\n", 1)[1]}),
    compared("an indented comment after a key", "3", "profile:dev", keys("AKIDDEV"), None,
             {C: "[profile dev]\naws_access_key_id = AKIDDEV\n  # old: AKIDOLD\n\t; older\n"
                 "aws_secret_access_key = SECRET-of-AKIDDEV\n"}),
    compared("a broken line in another profile", "3", "profile:dev", keys("AKIDDEV"), None,
             {C: config({"profile dev": static("AKIDDEV")}) + "[profile other]\nnot a property\n"},
             differs="botocore refuses the whole file"),
    compared("a header without its bracket takes no profile before it", "3", "profile:dev", keys("AKIDDEV"), None,
             {C: config({"profile dev": static("AKIDDEV")}) + "[profile other\naws_access_key_id = AKIDOTHER\n"},
             differs="botocore refuses the whole file"),
    compared("a line before the first section", "3", "profile:dev", keys("AKIDDEV"), None,
             {C: "region = eu-west-1\n" + config({"profile dev": static("AKIDDEV")})},
             differs="botocore refuses the whole file"),
    compared("a broken line in the profile itself", "3", "profile:dev",
             fails("invalidConfiguration", "'dev'", "config, line 4"), None,
             {C: config({"profile dev": static("AKIDDEV")}) + "role_arn\n"}),
    compared("a broken line in the profile's part in the other file", "3", "profile:dev",
             fails("invalidConfiguration", "'dev'", "credentials, line 2"), None,
             {C: config({"profile dev": static("AKIDDEV")}), S: "[dev]\nrubbish\n"}),
    compared("a profile whose header has no bracket", "3", "profile:dev",
             fails("invalidConfiguration", "'dev'", "config, line 1", "']'"), None,
             {C: config({"profile dev": static("AKIDDEV")}).replace("]", "")}),
    compared("a source_profile that is left out is named", "3", "profile:dev",
             fails("invalidConfiguration", "'Team Alpha'", "[profile Team Alpha] is left out"), US,
             {C: config({"profile dev": {"role_arn": ROLE, "source_profile": "Team Alpha"},
                         "profile Team Alpha": static("AKIDBASE")})}),
    compared("a source_profile in quotes", "3", "profile:dev", session_keys("ASIAROLE"), US,
             {C: config({"profile dev": {"role_arn": ROLE, "source_profile": "Team Alpha"},
                         "profile 'Team Alpha'": static("AKIDBASE")})}, [assume_role("AKIDBASE", "ASIAROLE")]),
]
