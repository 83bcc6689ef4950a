"""A FreeRADIUS with radtune's own raddb files, and a hook behind them that answers what a test wants."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parts.eapol import Attribute, Login, Supplicant, eap_login
from parts.freeradius import FreeRADIUS
from parts.pki import Authority, KeyPair
from parts.raddb import SITES, Change, Layout, TlsOptions, give_to_server, server_directory
from parts.radius_client import RadiusClient

HOOK = Path(__file__).resolve().parent / "steering"
MAC = "00:16:cb:aa:bb:01"
USERS = 'bob Cleartext-Password := "hello"\n'
# By number (RFC 2865): what a switch says of itself and of the port.
NAS: tuple[Attribute, ...] = ((30, "00-11-22-33-44-55:Corp"), (32, "switch1"), (44, "0A000001"))


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the hook: the question, or the section where none was asked, and what it saw."""

    question: str
    lists: dict[str, list[tuple[str, str]]]

    def all(self, name: str, where: str = "request") -> list[str]:
        """Give every value of an attribute in a list."""
        return [value for found, value in self.lists.get(where) or [] if found == name]

    def subject(self) -> list[str]:
        """Give the subject of the client's certificate, which comes as octets, as text."""
        return [bytes.fromhex(value[2:]).decode() for value in self.all("TLS-Client-Cert-Subject")]


@dataclass(frozen=True, slots=True)
class Identities:
    """The certificates of a test: the authority, what the server shows, and a directory for what clients show."""

    authority: Authority
    server: KeyPair
    directory: Path

    @property
    def ca(self) -> Path:
        """The authority's certificate in a file."""
        file = self.directory / "ca.pem"
        file.write_bytes(self.authority.certificate_pem)
        return file

    def eap_tls(self, pair: KeyPair, identity: str = "host/laptop", *, tls_1_3: bool = False) -> Supplicant:
        """Give a client that logs in with this certificate."""
        certificate, key = pair.write(self.directory, "client")
        return Supplicant("TLS", self.ca, identity, certificate=certificate, key=key, tls_1_3=tls_1_3)

    def ttls(self, inner: str = "PAP", password: str = "hello", *, tls_1_3: bool = False) -> Supplicant:
        """Give a client that logs in as bob through EAP-TTLS."""
        return Supplicant("TTLS", self.ca, "bob", password=password, inner=inner, tls_1_3=tls_1_3)

    def peap(self, *, tls_1_3: bool = False) -> Supplicant:
        """Give a client that logs in as bob through PEAP with EAP-MSCHAPv2."""
        return Supplicant("PEAP", self.ca, "bob", password="hello", inner="MSCHAPV2", tls_1_3=tls_1_3)


class SteeredServer:
    """A running server and the two ends of it: clients on one side, the answers of the hook on the other."""

    def __init__(self, server: FreeRADIUS, directory: Path) -> None:
        """Take a server whose hook reads its answers in `directory`."""
        self.server = server
        self.client = RadiusClient(server.auth_port, server.acct_port, server.secret, raddb=server.raddb)
        self._directory = directory
        self.answer()

    def answer(self, **questions: Sequence[str]) -> None:
        """Set the answers of each question and forget the calls so far; what isn't named is allowed, without a VLAN.

        Answers: "allow", "allow <vlan>", "deny", "noop", "fail" (the code of a failure) and "raise" (an exception).
        """
        (self._directory / "answers.json").write_text(json.dumps(questions))
        (self._directory / "calls.jsonl").write_text("")
        give_to_server(self._directory)

    @property
    def calls(self) -> list[Call]:
        """The calls since the answers were set."""
        lines = (self._directory / "calls.jsonl").read_text().splitlines()
        found = (json.loads(line) for line in lines)
        return [Call(call["question"], call["lists"]) for call in found]

    @property
    def questions(self) -> list[str]:
        """What was asked since the answers were set; to be told of a refusal is no question."""
        return [call.question for call in self.calls if call.question != "refused"]

    @property
    def refusals(self) -> list[Call]:
        """What the hook was told of refusals by others."""
        return [call for call in self.calls if call.question == "refused"]

    def eap(self, supplicant: Supplicant, again: int = 0, nas: Sequence[Attribute] = NAS) -> list[Login]:
        """Log in, and again with the same client."""
        return eap_login(supplicant, self.server.auth_port, self.server.secret, MAC, nas, again)


def issue_identities(directory: Path) -> Identities:
    """Make an authority and a certificate for the server."""
    authority = Authority("Example Root")
    return Identities(authority, authority.issue_server("radius.example"), directory)


@contextmanager
def steered_server(
    identities: Identities,
    *,
    users: str = USERS,
    tls: TlsOptions | None = None,
    sites: Sequence[str] = SITES,
    changes: Sequence[Change] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[SteeredServer]:
    """Run a server with radtune's raddb files and a hook that answers what it is told."""
    with server_directory() as directory:
        hook = directory / "hook"
        hook.mkdir()
        layout = Layout(
            ca_pem=identities.authority.certificate_pem,
            server=identities.server,
            settings=hook,
            hook="steered_hook",
            python_path=(HOOK,),
            users=users,
            tls=tls or TlsOptions(),
            sites=sites,
            changes=changes,
            environment=environment or {},
        )
        with FreeRADIUS(directory, layout) as server:
            yield SteeredServer(server, hook)
