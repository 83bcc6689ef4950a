"""Clients of clients.conf -> entries under nas."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network

from radtune.config.nas_profile import built_in
from radtune.dataclass import dataclass, field
from radtune.policy.nas_directory import Network, nas_network
from radtune_tools.settings_edit.client_secret import AsRead, NotTakenError, secret_of
from radtune_tools.settings_edit.clients_conf import Section

_PROFILES = {"other": "", "juniper_ex": "juniper"}
_ADDRESSES = ("ipaddr", "ipv4addr", "ipv6addr")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry to be, with its secret in the clear: never to be printed."""

    name: str
    nas: str
    secret: str = field(repr=False)
    secret_file: str
    profile: str = ""
    coa_address: str = ""
    port: int = 0

    def plain(self) -> dict[str, object]:
        """Return the entry as YAML holds it."""
        pairs = {
            "name": self.name,
            "nas": [self.nas],
            "profile": self.profile,
            "coa_address": self.coa_address,
            "port": self.port,
            "secret_file": self.secret_file,
        }
        return {key: value for key, value in pairs.items() if value}


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A client that is not taken over, and why; no secret is in it. `needs_attention`: somebody has to see to it."""

    said: str
    needs_attention: bool


class NotNeededError(NotTakenError):
    """A client that needs no entry, or has one."""


def find_entries(
    sections: Sequence[Section], known: Mapping[str, Sequence[str]], as_read: AsRead
) -> Iterator[Found | NotTaken]:
    """Yield an entry for each client, or why there is none.

    `known` are the names of the entries that are there already, each with its addresses, networks and identifiers.
    `as_read` is asked about secrets that releases of the server read differently.
    """
    there: dict[Network, str] = {}
    for each, nas in known.items():
        there |= {network: each for text in nas if (network := _network(text)) is not None}
    names, files = set(known), dict[str, str]()
    servers = {section.name: section for section in reversed(sections) if section.kind == "home_server"}
    clients = [section for section in sections if section.kind == "client"]
    of_network = _by_network(clients)
    for section in clients:
        try:
            _check_kind(section)
            network = _client_network(section)
            _check_new(network, section, there, of_network[network])
            name = _free(section.get("shortname") or section.name, names)
            server = _coa_server(section, servers)
            secret = secret_of(server if server else section, as_read)
            file = files.setdefault(secret, f"coa-{re.sub('[^A-Za-z0-9._-]', '-', name)}")
            address, port = _coa_address(server) if server else ("", 0)
        except NotTakenError as error:
            said = f"{section.file}:{section.line}: client {section.name}: not taken: {error}"
            yield NotTaken(said, needs_attention=not isinstance(error, NotNeededError))
            continue
        names.add(name)
        profile = _profile(section.get("nas_type") or section.get("nastype"))
        yield Found(name, _short(network), secret, file, profile, address, port)


def _check_kind(section: Section) -> None:
    """Refuse what is no NAS that a CoA by UDP reaches with the secret that stands there."""
    if section.template:
        raise NotTakenError(f"the server adds what the template {section.template} has; write the entry by hand")
    if section.get("dynamic_clients"):
        raise NotTakenError("the server learns its clients and their secrets as they come (dynamic_clients)")
    if (proto := section.get("proto").lower()) not in ("", "udp", "*"):
        what = "RADIUS over TLS" if proto == "tls" else f"RADIUS over {proto.upper()}"
        advice = "radtune sends a CoA by UDP. If the NAS takes one there, write the entry by hand"
        raise NotTakenError(f"it speaks {what} (proto = {proto}), and {advice}")


def _by_network(clients: Sequence[Section]) -> dict[Network, list[Section]]:
    found = defaultdict[Network, list[Section]](list)
    for section in clients:
        with suppress(NotTakenError):
            found[_client_network(section)].append(section)
    return found


def _check_new(network: Network, section: Section, there: Mapping[Network, str], same: Sequence[Section]) -> None:
    if network in there:
        raise NotNeededError(f"the entry {there[network]} under nas has {_short(network)} already")
    if len(same) == 1:
        return
    other = same[0] if same[0] is not section else same[1]
    where = f"client {other.name} in {other.file}:{other.line} has {_short(network)}, too"
    if len({each.words.get("secret") for each in same}) > 1:
        raise NotTakenError(f"{where}, with another secret; write the entry by hand")
    if section is not same[0]:
        raise NotNeededError(where)


def _client_network(section: Section) -> Network:
    given = [key for key in _ADDRESSES if key in section.words]
    if len(given) > 1:
        raise NotTakenError(f"it has {' and '.join(given)}; one address only")
    said = section.get(given[0]) if given else section.name
    if (mask := section.get("netmask")) and "/" not in said:
        said = f"{said}/{mask}"
    if said in ("*", "0.0.0.0", "::") or said.endswith("/0"):  # noqa: S104  # nothing is bound to it
        raise NotTakenError("it stands for every address; name the NASes' own")
    try:
        network = ip_network(said, strict=False)
    except ValueError:
        raise NotTakenError(f"{said} is no address or network; write the address that the name stands for") from None
    if network.is_loopback:
        raise NotNeededError("it is this machine")
    return network


def _network(text: str) -> Network | None:
    try:
        return nas_network(text)
    except ValueError:
        return None


def _short(network: Network) -> str:
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _free(wanted: str, names: set[str]) -> str:
    name = re.sub(r'[^\w .:/@-]|"', "-", wanted)[:58] or "nas"
    return next(each for each in (name, *(f"{name}-{number}" for number in range(2, 10**5))) if each not in names)


def _coa_server(client: Section, servers: Mapping[str, Section]) -> Section | None:
    name = client.get("coa_server")
    if not name:
        return None
    if name not in servers:
        raise NotTakenError(f"its coa_server {name} is no home_server in these files; write the entry by hand")
    _check_kind(servers[name])
    return servers[name]


def _coa_address(server: Section) -> tuple[str, int]:
    said = next((server.get(key) for key in _ADDRESSES if key in server.words), "")
    port = server.get("port")
    try:
        return str(ip_address(said)), int(port) if port.isdigit() and 0 < int(port) < 2**16 else 0
    except ValueError:
        raise NotTakenError(f"home_server {server.name}: {said or 'ipaddr'} is no address") from None


def _profile(nas_type: str) -> str:
    name = _PROFILES.get(nas_type.lower(), nas_type.lower())
    return name if name in built_in() else ""
