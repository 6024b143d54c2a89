"""The endpoints of the services that issue credentials and passwords, as botocore's rule sets name them."""
import itertools

import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider

REGIONS = ["us-east-1", "eu-west-2", "ap-southeast-4", "mx-central-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1",
           "us-gov-east-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1",
           "xx-new-1"]
EXTRA = {"sts": {"UseGlobalEndpoint": False}, "signin": {"IsControlPlane": False}}


def table():
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    rows = []
    for service in ["sts", "sso", "sso-oidc", "signin", "redshift", "redshift-serverless", "secretsmanager"]:
        provider = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for region, fips, dual in itertools.product(REGIONS, (False, True), (False, True)):
            found = provider.resolve_endpoint(
                Region=region, UseFIPS=fips, UseDualStack=dual, **EXTRA.get(service, {}))
            rows.append({"service": service, "region": region, "fips": fips, "dualStack": dual, "url": found.url})
    found = EndpointProvider(loader.load_service_model("sts", "endpoint-rule-set-1"), partitions).resolve_endpoint(
        Region="aws-global", UseFIPS=False, UseDualStack=False, UseGlobalEndpoint=False)
    rows.append({"service": "sts", "region": "aws-global", "fips": False, "dualStack": False, "url": found.url})
    return {"origin": f"botocore {botocore.__version__}", "endpoints": rows}
