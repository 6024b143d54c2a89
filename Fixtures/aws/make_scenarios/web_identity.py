"""STS AssumeRoleWithWebIdentity, from the environment and from profiles."""
from .kit import ROLE, config, fails, scenario, session_keys, sts_error, web_identity

C = "~/.aws/config"
FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
ENV = {"AWS_WEB_IDENTITY_TOKEN_FILE": FILE, "AWS_ROLE_ARN": ROLE, "AWS_REGION": "us-east-1"}
FILES = {FILE: "SECRET-web-token"}
GOT = session_keys("ASIAWEB", account="111122223333", source="web-identity", role=ROLE)
ASK = "web-identity"


def without(*names, **more):
    return {**{name: value for name, value in ENV.items() if name not in names}, **more}


SCENARIOS = [
    scenario("as EKS sets it, without a session name", "A5, D9", ASK, GOT, ENV, FILES, [web_identity("ASIAWEB")]),
    scenario("with AWS_ROLE_SESSION_NAME", "A2", ASK, GOT, without(AWS_ROLE_SESSION_NAME="pod-1"), FILES,
             [web_identity("ASIAWEB", session="pod-1")]),
    scenario("without any region", "D9", ASK, GOT, without("AWS_REGION"), FILES,
             [web_identity("ASIAWEB", host="sts.amazonaws.com")]),
    scenario("with AWS_DEFAULT_REGION", "A11", ASK, GOT, without("AWS_REGION", AWS_DEFAULT_REGION="eu-west-2"), FILES,
             [web_identity("ASIAWEB", "eu-west-2")]),
    scenario("with the region of the profile", "A11", ASK, GOT, without("AWS_REGION"),
             {**FILES, C: "[default]\nregion = eu-west-2\n"}, [web_identity("ASIAWEB", "eu-west-2")]),
    scenario("in GovCloud without a region", "A6", ASK,
             session_keys("ASIAWEB", account="111122223333", role="arn:aws-us-gov:iam::111122223333:role/reader"),
             without("AWS_REGION", AWS_ROLE_ARN="arn:aws-us-gov:iam::111122223333:role/reader"), FILES,
             [web_identity("ASIAWEB", "us-gov-west-1", role="arn:aws-us-gov:iam::111122223333:role/reader")]),
    scenario("the line end of the token file is not sent", "D12", ASK, GOT, ENV, {FILE: "SECRET-web-token\n"},
             [web_identity("ASIAWEB")]),
    scenario("a token file below the home folder", "A2", ASK, GOT, without(AWS_WEB_IDENTITY_TOKEN_FILE="~/t"),
             {"~/t": "SECRET-web-token"}, [web_identity("ASIAWEB")]),
    scenario("a token file below a home folder that is not known", "A2", ASK, fails("unreadableFile", "~/t"),
             without(AWS_WEB_IDENTITY_TOKEN_FILE="~/t"), {"~/t": "SECRET-web-token"}, noHome=True),
    scenario("AWS_STS_REGIONAL_ENDPOINTS changes nothing: always regional", "A2", ASK, GOT,
             without(AWS_STS_REGIONAL_ENDPOINTS="legacy"), FILES, [web_identity("ASIAWEB")]),
    scenario("FIPS without any region stays at an endpoint that exists", "A6, D9", ASK, GOT,
             without("AWS_REGION", AWS_USE_FIPS_ENDPOINT="true"), FILES,
             [web_identity("ASIAWEB", host="sts-fips.us-east-1.amazonaws.com")]),
    scenario("dual-stack without any region stays at an endpoint that exists", "A6, D9", ASK, GOT,
             without("AWS_REGION", AWS_USE_DUALSTACK_ENDPOINT="true"), FILES,
             [web_identity("ASIAWEB", host="sts.us-east-1.api.aws")]),
    scenario("no token file named", "A2", ASK, fails("notConfigured", "AWS_WEB_IDENTITY_TOKEN_FILE"),
             without("AWS_WEB_IDENTITY_TOKEN_FILE")),
    scenario("a token file without a role", "A2", ASK, fails("invalidConfiguration", "AWS_ROLE_ARN"),
             without("AWS_ROLE_ARN"), FILES),
    scenario("the token file is missing", "A5", ASK, fails("unreadableFile", FILE, "does not exist"), ENV),
    scenario("the token file may not be read", "A5", ASK, fails("unreadableFile", "Permission denied"), ENV,
             {FILE: {"unreadable": "Permission denied"}}),
    scenario("the token file is empty", "A5", ASK, fails("unreadableFile", "is empty"), ENV, {FILE: "\n"}),
    scenario("the identity provider did not answer STS", "A5", ASK, GOT, ENV, FILES,
             [web_identity(None, status=400, answer=sts_error("IDPCommunicationError")), web_identity("ASIAWEB")],
             sleeps=[0.5]),
    scenario("the token is invalid", "A12", ASK, fails("refused", "InvalidIdentityToken"), ENV, FILES,
             [web_identity(None, status=400, answer=sts_error("InvalidIdentityToken", "SECRET-web-token"))]),
    scenario("the token has expired", "A12", ASK, fails("refused", "ExpiredTokenException"), ENV, FILES,
             [web_identity(None, status=400, answer=sts_error("ExpiredTokenException"))]),
    scenario("in a profile", "A5", "profile:dev",
             session_keys("ASIAWEB", account="111122223333", source="web-identity", role=ROLE, profile="dev"),
             {"AWS_REGION": "us-east-1"},
             {C: config({"profile dev": {"role_arn": ROLE, "web_identity_token_file": FILE,
                                         "role_session_name": "me"}}), **FILES},
             [web_identity("ASIAWEB", session="me")]),
    scenario("in a profile, with its region and duration, without what the call does not know", "A5", "profile:dev",
             GOT, {}, {C: config({"profile dev": {"role_arn": ROLE, "web_identity_token_file": FILE, "region": "eu-west-2",
                                                  "duration_seconds": "900", "external_id": "x"}}), **FILES},
             [web_identity("ASIAWEB", "eu-west-2", duration=900)]),
    scenario("in a profile without a session name", "A5", "profile:dev", GOT, {"AWS_REGION": "us-east-1"},
             {C: config({"profile dev": {"role_arn": ROLE, "web_identity_token_file": FILE}}), **FILES},
             [web_identity("ASIAWEB")]),
    scenario("a profile without role_arn, though AWS_ROLE_ARN is set", "A5", "profile:dev",
             fails("invalidConfiguration", "role_arn"), {"AWS_ROLE_ARN": ROLE},
             {C: config({"profile dev": {"web_identity_token_file": FILE}}), **FILES}),
]
