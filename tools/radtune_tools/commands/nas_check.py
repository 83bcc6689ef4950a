"""`radtune nas check`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from radtune.config.nas_profile import Method, Profile
from radtune.config.settings import Nas, Settings, check_settings
from radtune.errors import ConfigurationError, ExitCode, RadtuneError, UsageError
from radtune.policy.nas_directory import nas_network
from radtune.policy.templates import SAMPLE
from radtune.records.device_and_client import Facts
from radtune.text import counted
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command
from radtune_tools.commands.coa import NO_SESSION, names, packet_row
from radtune_tools.context import Context
from radtune_tools.enforce.nas_requests import NasRequests, check_secret
from radtune_tools.output import Output
from radtune_tools.radclient.packet import render
from radtune_tools.stores import open_sessions


def find_entry(settings: Settings, nas_requests: NasRequests, name: str) -> tuple[Nas, str, str]:
    """Return the entry that `name` means, and the address and identifier if it means one NAS; raises UsageError."""
    for nas in settings.nas:
        if nas.name == name:
            return nas, "", ""
    try:
        network = nas_network(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    single = network is not None and network.prefixlen == network.max_prefixlen
    address = str(network.network_address) if network is not None and single else ""
    identifier = name if network is None else ""
    found = nas_requests.find(Facts(nas_address=address, nas_identifier=identifier))
    if found is None:
        known = f"there are {', '.join(nas.name for nas in settings.nas)}" if settings.nas else "there are none"
        raise UsageError(f"{name}: no entry under nas in {settings.files} has this name, or names this NAS; {known}")
    return found, address, identifier


@command
@click.argument("name", required=False, metavar="[NAS]")
@click.option("--session", metavar="MAC|DEVICE|SESSION", help="Show it for this live session.")
def nas_check(context: Context, name: str | None, session: str | None) -> int:
    """Show what each NAS would be sent; send nothing.

    Shows what is missing, too. NAS is the name of an entry, or the address or identifier of a NAS.
    """
    if name and session:
        raise click.UsageError("NAS or --session: a session is shown for the NAS that it is on")
    settings, output = _settings(context), context.output
    nas_requests = NasRequests(settings)
    entries = [find_entry(settings, nas_requests, name)[0]] if name else list(settings.nas)
    if session:
        return _check_sessions(settings, output, nas_requests, session)
    code = ExitCode.OK
    answer: list[dict[str, Any]] = []
    for nas in entries:
        row, problems = _check_entry(nas_requests, nas)
        answer.append(row)
        for problem in problems:
            output.problem(f"{nas.name}: {problem}")
            code = code or problem.exit_code
        for line in _lines(row):
            output.line(line)
    if not entries:
        output.line(f"no entries under nas in {settings.files}")
    if output.as_json:
        output.json(answer)
    return code


def _settings(context: Context) -> Settings:
    """Read the settings; name the faults of the profiles with those of settings."""
    try:
        return context.settings()
    except ConfigurationError:
        check_settings(context.settings_file, dictionaries=True).raise_problems()
        raise


def _check_entry(nas_requests: NasRequests, nas: Nas) -> tuple[dict[str, Any], list[RadtuneError]]:
    row: dict[str, Any] = {
        "name": nas.name,
        "nas": list(nas.nas),
        "secret_file": str(nas.secret_file),
        "rate": nas.rate,
    }
    problems: list[RadtuneError] = []
    try:
        check_secret(nas)
    except RadtuneError as error:
        problems.append(error)
    try:
        profile = nas_requests.profile(nas)
        row |= {"profile": profile.name, "for": profile.description, "notes": list(profile.notes)}
        row["picked"] = list(nas.methods)
        row["methods"] = [_template(profile, nas, method) for method in profile.methods]
        row["accept"] = [f"{attribute} = {value}" for attribute, value in profile.accept]
    except RadtuneError as error:
        return row, [*problems, error]
    if not nas.coa_address and all(nas_network(text) is None for text in nas.nas):
        row["notes"].append("a session goes where its NAS-IP-Address says; give coa_address if the NASes send none")
    return row, problems


def _template(profile: Profile, nas: Nas, method: Method) -> dict[str, Any]:
    """Return a method with its packet, in which {field} stands for a field of the session."""
    fields = {field: f"{{{field}}}" for field in SAMPLE} | {"nas_ipv6": ""}
    address, version = nas.coa_address or "{nas_address}", "IPv6" if ":" in nas.coa_address else "IP"
    # A dictionary would take no placeholder for a number or an address; the profile was checked when it was read.
    pairs = render(replace(profile, dictionary=None), method, fields)
    return {
        "method": method.name,
        "needs": [" or ".join(words) for words in method.requires],
        "packet": [
            f"Packet-Type = {method.packet}",
            f"Packet-Dst-{version}-Address = {address}",
            f"Packet-Dst-Port = {nas.port or profile.port}",
            *(f'{name} = "{value}"' for name, value in pairs),
            *("Event-Timestamp = {now}", "Message-Authenticator = 0x00"),
        ],
        "source": method.source,
        "verified": method.verified,
    }


def _lines(row: dict[str, Any]) -> Iterator[str]:
    yield f"{row['name']}: {', '.join(row['nas'])}"
    if "profile" in row:
        yield f"  profile {row['profile']}: {row['for']}"
    if row.get("picked"):
        yield f"  of its methods only, in this order: {', '.join(row['picked'])}"
    yield f"  secret in {row['secret_file']}; at most {counted(row['rate'], 'packet')} a second to each"
    for method in row.get("methods", ()):
        needs = f", needs {' and '.join(method['needs'])}" if method["needs"] else ""
        origin = f"from {method['source']}" if method["source"] else "source not given"
        seen = "seen to work" if method["verified"] else "not seen by radtune's tests"
        yield f"  {method['method']}{needs} ({origin}; {seen})"
        yield from (f"    {line}" for line in method["packet"])
    if row.get("accept"):
        yield f"  gets in the Access-Accept beside the VLAN: {'; '.join(row['accept'])}"
    yield from (f"  note: {note}" for note in row.get("notes", ()))


def _check_sessions(settings: Settings, output: Output, nas_requests: NasRequests, target: str) -> int:
    with open_sessions(settings) as store:
        sessions = sorted((each for each in store.sessions() if names(each, target)), key=lambda each: each.key)
    if not sessions:
        raise no_such(target, NO_SESSION)
    answer = []
    for session in sessions:
        nas = nas_requests.find(session.facts)
        methods = nas_requests.profile(nas).method_names() if nas is not None else [""]
        answer += [packet_row(nas_requests.prepare(session, method), method=method) for method in methods]
    for row in answer:
        if row["packet"]:
            output.line(f"{row['session']} by {row['method']}:")
            for line in row["packet"]:
                output.line(f"    {line}")
        else:
            output.problem(f"{row['session']} by {row['method'] or 'any method'}: {row['obstacle']}")
    if output.as_json:
        output.json(answer)
    return ExitCode.OK if any(row["packet"] for row in answer) else ExitCode.NOT_ENFORCED
