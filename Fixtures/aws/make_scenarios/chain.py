"""The default chain: what comes first, what falls through and what stops."""
from .kit import ROLE, config, document, exchange, fails, keys, scenario, session_keys, static, sts_error, web_identity

ENV = {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDENV"}
C, S = "~/.aws/config", "~/.aws/credentials"
FILE = {S: config({"default": static("AKIDFILE"), "dev": static("AKIDDEV")})}
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": ROLE, "AWS_REGION": "us-east-1"}
BOX = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c"}
OFF = {"AWS_EC2_METADATA_DISABLED": "true"}
BOX_CALL = exchange("GET", "http://169.254.170.2/c", {"accept": "application/json"}, answer=document("ASIABOX"))
IMDS = [
    exchange("PUT", "http://169.254.169.254/latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds": "21600"},
             answer="SECRET-imds"),
    exchange("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
             {"x-aws-ec2-metadata-token": "SECRET-imds"}, answer="node"),
    exchange("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/node",
             {"x-aws-ec2-metadata-token": "SECRET-imds"}, answer=document("ASIAEC2", Code="Success")),
]
TRAIL = ["environment", "profile", "web-identity", "container", "imds"]

SCENARIOS = [
    scenario("the environment comes first", "A1", "default", keys("AKIDENV", source="environment"), {**ENV, **WEB, **BOX},
             FILE, trail=TRAIL[:1]),
    scenario("AWS_PROFILE does not displace the environment", "A1", "default", keys("AKIDENV"),
             {**ENV, "AWS_PROFILE": "dev"}, FILE, trail=TRAIL[:1]),
    scenario("a profile in code displaces the environment", "A1", "default:dev", keys("AKIDDEV", profile="dev"), ENV,
             FILE, trail=["profile"]),
    scenario("then the profile", "A1, E", "default", keys("AKIDFILE", source="profile"), {**WEB, **BOX}, FILE,
             trail=TRAIL[:2]),
    scenario("then web identity", "A1", "default", session_keys("ASIAWEB", source="web-identity"), {**WEB, **BOX},
             {"/t": "SECRET-web-token"}, [web_identity("ASIAWEB")], trail=TRAIL[:3]),
    scenario("then the container", "A1", "default", session_keys("ASIABOX", source="container"), BOX, http=[BOX_CALL],
             trail=TRAIL[:4]),
    scenario("then instance metadata", "A1", "default", session_keys("ASIAEC2", source="imds"), http=IMDS, trail=TRAIL),
    scenario("nothing anywhere: the error names each source", "A1", "default",
             fails("notConfigured", "AWS_ACCESS_KEY_ID is not set", "no profile 'default'",
                   "AWS_WEB_IDENTITY_TOKEN_FILE is not set", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                   "AWS_EC2_METADATA_DISABLED is true"), OFF, trail=TRAIL),
    scenario("a default profile without credentials falls through", "A1", "default", session_keys("ASIABOX"), BOX,
             {C: "[default]\nregion = us-east-1\n"}, [BOX_CALL], trail=TRAIL[:4]),
    scenario("half an environment stops", "D5", "default", fails("invalidConfiguration", "AWS_SECRET_ACCESS_KEY"),
             {"AWS_ACCESS_KEY_ID": "AKIDENV"}, FILE, trail=TRAIL[:1]),
    scenario("a missing profile stops", "E, D5", "default", fails("invalidConfiguration", "'prod'"),
             {"AWS_PROFILE": "prod", **BOX}, FILE, trail=TRAIL[:2]),
    scenario("a broken file stops", "D5", "default", fails("invalidConfiguration", "line 1"), BOX, {C: "rubbish\n"},
             trail=TRAIL[:2]),
    scenario("a refused web identity does not become the node's role", "D5", "default",
             fails("refused", "AccessDenied"), {**WEB, **BOX}, {"/t": "SECRET-web-token"},
             [web_identity(None, status=403, answer=sts_error("AccessDenied"))], trail=TRAIL[:3]),
    scenario("a failing container does not become the node's role", "D5", "default", fails("refused", "404"), BOX,
             http=[exchange("GET", "http://169.254.170.2/c", {"accept": "application/json"}, status=404)],
             trail=TRAIL[:4]),
    scenario("an ended sign-in stops", "D5", "default", fails("signInRequired", "aws sso login"), BOX,
             {C: config({"default": {"sso_session": "corp", "sso_account_id": "1", "sso_role_name": "r"},
                         "sso-session corp": {"sso_start_url": "https://x.example/start", "sso_region": "eu-west-1"}})},
             trail=TRAIL[:2]),
    scenario("without an HTTP client the local sources still answer", "trait off", "default", keys("AKIDFILE"),
             files=FILE, noHTTP=True, trail=TRAIL[:2]),
    scenario("without an HTTP client the end says so", "trait off", "default",
             fails("notConfigured", "AsyncHTTPClient"), noHTTP=True, trail=TRAIL),
]
