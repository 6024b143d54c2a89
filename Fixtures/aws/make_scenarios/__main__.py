"""Writes the scenarios of Fixtures/aws/scenarios: `python3 -m make_scenarios` in Fixtures/aws.

Needs botocore (made with 1.43.11), which signs the recorded STS calls and names the endpoints, so that neither is
judged by our own code.
"""
import importlib
import json
import pathlib

from . import endpoints, kit, section_names

FAMILIES = ["environment", "profile", "roles", "web_identity", "container", "instance_metadata", "sso", "login",
            "process", "expirations",
            "sections", "files", "precedence", "chain", "region", "overrides"]

folder = pathlib.Path(__file__).parent.parent
total = 0
for family in FAMILIES:
    scenarios = importlib.import_module(f"make_scenarios.{family}").SCENARIOS
    names = [scenario["name"] for scenario in scenarios]
    assert len(names) == len(set(names)), f"{family}: a name stands twice"
    total += len(scenarios)
    text = json.dumps({"scenarios": scenarios}, indent=1, ensure_ascii=False)
    (folder / "scenarios" / f"{family}.json").write_text(text + "\n")
(folder / "section_names.json").write_text(json.dumps(section_names.table(), indent=1, ensure_ascii=False) + "\n")
(folder / "endpoints.json").write_text(json.dumps(endpoints.table(), indent=1) + "\n")
if kit.MISMATCHES:
    raise SystemExit("\n".join(kit.MISMATCHES))
print(f"{total} scenarios")
