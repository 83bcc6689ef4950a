"""A harmless question to a NAS: a request about a session that can't exist, and what the answer proves."""

import secrets
from dataclasses import dataclass

from radtune.config.nas_profile import Profile
from radtune.config.settings import Nas
from radtune.errors import ExitCode
from radtune.records.device_and_client import Facts, Session
from radtune_tools.enforce.dispatch import Prepared, prepare_with
from radtune_tools.radclient.output import SESSION_MISSING, Reply

_UNKNOWN_COMMAND = (401, 404, 405, 406)
_MISSING_ATTRIBUTE = 402


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer proves, in words, and the exit code for it."""

    code: ExitCode
    meaning: str


def probe(profile: Profile, nas: Nas, address: str, identifier: str, method: str = "") -> Prepared:
    """Return a request about a session that can't exist, to the NAS of this address or identifier."""
    nonce = secrets.token_hex(5)
    mac = f"02{nonce}"  # locally administered
    facts = Facts(
        mac=mac,
        calling_station_id="-".join(mac[at : at + 2] for at in range(0, 12, 2)).upper(),
        user_name=f"radtune-probe-{nonce}",
        nas_address=address,
        nas_identifier=identifier,
        acct_session_id=f"radtune-probe-{nonce}",
        acct_multi_session_id=f"radtune-probe-{nonce}",
        audit_session_id=f"radtune-probe-{nonce}",
    )
    return prepare_with(profile, nas, Session(facts, "", 0.0), method)


def verdict(reply: Reply) -> Verdict:
    """Return what the answer to a probe proves."""
    proved = "port, secret and routing are right"
    if reply.session_missing:
        return Verdict(ExitCode.OK, f"{proved}, and the NAS has no such session, as it should say")
    if reply.state == "acknowledged":
        said = "but it acknowledges a session that doesn't exist: no ACK of it shows that anybody was moved"
        return Verdict(ExitCode.NOT_ENFORCED, f"{proved}, {said}")
    if reply.state == "unanswered":
        return Verdict(ExitCode.TEMPORARY, _silence(reply))
    if reply.state == "pending" or "NAK" not in reply.answer:
        return Verdict(ExitCode.TEMPORARY, "nothing was proved")
    return Verdict(ExitCode.NOT_ENFORCED, f"{proved}, but {_refusal(reply.cause)}")


def _refusal(cause: int) -> str:
    if cause == _MISSING_ATTRIBUTE:
        return "the NAS wants an attribute that this question lacks; `radtune coa` with a client of yours tells more"
    if cause in _UNKNOWN_COMMAND:
        return "the NAS doesn't take this request: try another profile"
    return f"the NAS would not obey: expected {SESSION_MISSING}"


def _silence(reply: Reply) -> str:
    if "another secret" in reply.answer:
        return "port and routing are right, the secret is not"
    return (
        "is CoA switched on there, with this server's address and this secret? A NAS doesn't answer a packet that it "
        "can't verify, from a server that it doesn't know, or whose time differs by more than five minutes"
    )
