"""The region chain."""
from .kit import config, fails, region, scenario

C, S = "~/.aws/config", "~/.aws/credentials"
FILES = {C: config({"default": {"region": "eu-west-1"}, "profile dev": {"region": "eu-west-2"}})}

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
    scenario("nobody names one", "A11", "region", region(None)),
    scenario("a profile that is missing has none", "A11", "region:gone", region(None), files=FILES),
    scenario("a broken file", "A7", "region", fails("invalidConfiguration", "line 1"), files={C: "x\n"}),
]
