"""docs/ports.md names the hosts and the ports that the code knows."""

import re
from pathlib import Path

import pytest
import yaml

from parts.manual import PROJECT, page
from radtune.config.schema import schema
from radtune.config.tenants import build_tenant
from radtune_tools.link.consent import DEFAULT_PORT

PORTS = page("ports")
PROFILES = PROJECT / "module/radtune/config/profiles"
CLOUDS = schema("settings")["properties"]["intune"]["items"]["properties"]["cloud"]["enum"]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_hosts_of_each_cloud(cloud: str, tmp_path: Path) -> None:
    tenant = build_tenant({"tenant": "contoso.example", "cloud": cloud}, tmp_path)
    hosts = " | ".join(f"`{url.removeprefix('https://')}`" for url in (tenant.authority, tenant.graph))
    assert f"\n| `{cloud}` | {hosts} |\n" in PORTS


def test_the_profiles_whose_port_is_another_one() -> None:
    ports = {file.stem: yaml.safe_load(file.read_text()).get("port", 3799) for file in PROFILES.glob("*.yaml")}
    others = {name: port for name, port in ports.items() if port != 3799}
    (sentence,) = re.findall(r"3799 \(RFC 5176\)\. (.*?) use port 1700\.", PORTS)
    assert others == dict.fromkeys(re.findall(r"`([\w-]+)`", sentence), 1700)


def test_the_port_of_the_redirect() -> None:
    assert f"| `localhost` | {DEFAULT_PORT}, or that of `--port` |" in PORTS
