"""The region chain."""
from .kit import config, exchange, fails, region, scenario

C, S = "~/.aws/config", "~/.aws/credentials"
FILES = {C: config({"default": {"region": "eu-west-1"}, "profile dev": {"region": "eu-west-2"}})}

TOKEN_URL, TTL = "http://169.254.169.254/latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}
IMDS = [
    exchange("PUT", TOKEN_URL, TTL, answer="SECRET-imds"),
    exchange("GET", "http://169.254.169.254/latest/meta-data/placement/region",
             {"x-aws-ec2-metadata-token": "SECRET-imds"}, answer="ap-south-1\n"),
]

SCENARIOS = [
    scenario("AWS_REGION", "A11", "region", region("us-west-2"), {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "x"},
             FILES),
    scenario("AWS_DEFAULT_REGION", "A11", "region", region("us-west-1"), {"AWS_DEFAULT_REGION": "us-west-1"}, FILES),
    scenario("blank variables are passed over", "A2", "region", region("eu-west-1"),
             {"AWS_REGION": " ", "AWS_DEFAULT_REGION": ""}, FILES),
    scenario("the default profile", "A11", "region", region("eu-west-1"), files=FILES),
    scenario("the profile of AWS_PROFILE", "A11", "region", region("eu-west-2"), {"AWS_PROFILE": "dev"}, FILES),
    scenario("the profile named in code", "A11", "region:dev", region("eu-west-2"), {"AWS_PROFILE": "default"}, FILES),
    scenario("the credentials file", "A7", "region", region("eu-west-3"), files={S: "[default]\nregion=eu-west-3\n"}),
    scenario("nothing names one", "A11", "region", region(None)),
    scenario("a profile that is missing has none", "A11", "region:gone", region(None), files=FILES),
    scenario("asked for, the instance names one if nothing else does", "A11", "instance-region", region("ap-south-1"),
             {"AWS_REGION": " "}, {C: config({"default": {"output": "json"}})}, IMDS),
    scenario("the instance is not asked where the profile names one", "A11", "instance-region", region("eu-west-1"),
             files=FILES),
    scenario("the instance is not asked where a variable names one", "A11", "instance-region", region("us-west-2"),
             {"AWS_REGION": "us-west-2"}),
    scenario("a disabled instance metadata service names none", "A11", "instance-region", region(None),
             {"AWS_EC2_METADATA_DISABLED": "true"}),
    scenario("no EC2 instance names none", "A11", "instance-region", region(None),
             http=[exchange("PUT", TOKEN_URL, TTL, fault="connect timeout")]),
    scenario("an instance that knows no region names none", "A11", "instance-region", region(None),
             http=[IMDS[0], {**IMDS[1], "response": {"status": 404, "headers": {}, "body": ""}}]),
    scenario("an instance that answers junk for a region", "A11", "instance-region",
             fails("invalidResponse"), http=[IMDS[0], {**IMDS[1], "response": {"status": 200, "headers": {},
                                                                               "body": "<html>SECRET</html>"}}]),
    scenario("a session token that ran out is renewed once for the region", "A4, A11", "instance-region",
             region("ap-south-1"), http=[IMDS[0], {**IMDS[1], "response": {"status": 401, "headers": {}, "body": ""}},
                                         *IMDS]),
    scenario("without an HTTP client the instance is not asked", "A11", "instance-region", region(None), noHTTP=True),
    scenario("a broken file", "A7", "region", fails("invalidConfiguration", "line 1"), files={C: "x\n"}),
]
