"""Endpoint overrides, FIPS and dual-stack."""
from .kit import ROLE, assume_role, config, fails, scenario, session_keys, static

C = "~/.aws/config"
US = {"AWS_REGION": "us-east-1"}
GOT = session_keys("ASIAROLE", source="assume-role")


def case(name, rule, url, env=None, extra="", profile=None, expect=GOT, region_name="us-east-1"):
    sections = {"profile dev": {"role_arn": ROLE, "source_profile": "base", **(profile or {})},
                "profile base": static("AKIDBASE")}
    http = [assume_role("AKIDBASE", "ASIAROLE", region_name, url=url)] if url else []
    return scenario(name, rule, "profile:dev", expect, {"AWS_REGION": region_name, **(env or {})},
                    {C: config(sections) + extra}, http)


SERVICES = "[services local]\nsso =\n  endpoint_url = http://127.0.0.1:1\nsts = \n  Endpoint_URL = http://127.0.0.1:2\n"

SCENARIOS = [
    case("AWS_ENDPOINT_URL_STS comes first", "A2", "http://127.0.0.1:9/",
         {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9", "AWS_ENDPOINT_URL": "http://127.0.0.1:8"}),
    case("then AWS_ENDPOINT_URL", "A2", "http://127.0.0.1:8/", {"AWS_ENDPOINT_URL": "http://127.0.0.1:8/"},
         SERVICES, {"services": "local"}),
    case("then the profile's services section", "A2", "http://127.0.0.1:2/", None, SERVICES,
         {"services": "local", "endpoint_url": "http://127.0.0.1:3"}),
    case("then the profile's endpoint_url", "A2", "http://127.0.0.1:3/", profile={"endpoint_url": "http://127.0.0.1:3"}),
    case("a path before the call", "A2", "https://proxy.example/sts",
         {"AWS_ENDPOINT_URL_STS": "https://proxy.example/sts"}),
    case("a services section for another service does not count", "A2", "https://sts.us-east-1.amazonaws.com/", None,
         "[services local]\nsso =\n  endpoint_url = http://127.0.0.1:1\n", {"services": "local"}),
    case("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "A2", "https://sts.us-east-1.amazonaws.com/",
         {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}),
    case("ignore_configured_endpoint_urls", "A2", "https://sts.us-east-1.amazonaws.com/",
         profile={"endpoint_url": "http://127.0.0.1:3", "ignore_configured_endpoint_urls": "true"}),
    case("an override that is no URL", "A6", None, {"AWS_ENDPOINT_URL": "nowhere"},
         expect=fails("invalidConfiguration", "AWS_ENDPOINT_URL")),
    case("FIPS by variable", "A6", "https://sts-fips.us-east-1.amazonaws.com/", {"AWS_USE_FIPS_ENDPOINT": "true"}),
    case("FIPS by profile", "A6", "https://sts-fips.us-east-1.amazonaws.com/", profile={"use_fips_endpoint": "true"}),
    case("the variable outranks the profile", "A6", "https://sts.us-east-1.amazonaws.com/",
         {"AWS_USE_FIPS_ENDPOINT": "false"}, profile={"use_fips_endpoint": "true"}),
    case("dual-stack by variable", "A6", "https://sts.us-east-1.api.aws/", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    case("FIPS and dual-stack by profile", "A6", "https://sts-fips.us-east-1.api.aws/",
         profile={"use_fips_endpoint": "true", "use_dualstack_endpoint": "true"}),
    case("FIPS in GovCloud is the ordinary endpoint", "A6", "https://sts.us-gov-west-1.amazonaws.com/",
         {"AWS_USE_FIPS_ENDPOINT": "true"}, region_name="us-gov-west-1"),
    case("FIPS with an override contradict each other", "A6", None,
         {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
         expect=fails("invalidConfiguration", "FIPS")),
    case("dual-stack with an override contradict each other", "A6", None,
         {"AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
         expect=fails("invalidConfiguration", "dual-stack")),
    case("China", "A6", "https://sts.cn-north-1.amazonaws.com.cn/", region_name="cn-north-1"),
    case("the European Sovereign Cloud", "A6", "https://sts.eusc-de-east-1.amazonaws.eu/", region_name="eusc-de-east-1"),
    case("aws-global signs as us-east-1", "A6", "https://sts.amazonaws.com/", {"AWS_REGION": "aws-global"}),
    case("FIPS without any region stays at an endpoint that exists", "A6",
         "https://sts-fips.us-east-1.amazonaws.com/", {"AWS_REGION": " ", "AWS_USE_FIPS_ENDPOINT": "true"}),
    case("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS by another word does not ignore", "A2", "http://127.0.0.1:9/",
         {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}),
    case("another service's variable does not count", "A2", "https://sts.us-east-1.amazonaws.com/",
         {"AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:9"}),
    case("a blank override counts as unset", "A2", "https://sts.us-east-1.amazonaws.com/", {"AWS_ENDPOINT_URL": " "}),
    case("a region that could name another host", "D4", None, region_name="evil.example/",
         expect=fails("invalidConfiguration", "region")),
]
