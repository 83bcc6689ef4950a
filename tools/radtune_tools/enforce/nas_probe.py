"""A request to a NAS about a session that can't exist: nobody is moved, and the answer proves port and secret."""

import os

from radtune.config.nas_profile import Profile
from radtune.config.settings import Nas
from radtune.errors import ExitCode
from radtune.records.device_and_client import Facts, Session
from radtune_tools.enforce.nas_requests import Prepared, prepare_with
from radtune_tools.radclient.output import SESSION_MISSING, Reply

_UNKNOWN_COMMAND = (401, 404, 405, 406)
_MISSING_ATTRIBUTE = 402


def probe(profile: Profile, nas: Nas, address: str, identifier: str, method: str) -> Prepared:
    """Return a request about a session that can't exist, to the NAS of this address or identifier."""
    nonce = os.urandom(5).hex()
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


def proof(reply: Reply) -> tuple[ExitCode, str]:
    """Return what the answer to a probe proves, as an exit code and in words."""
    proved = "port, secret and routing are right"
    if reply.session_missing:
        return ExitCode.OK, f"{proved}, and the NAS has no such session, as it should say"
    if reply.state == "acknowledged":
        said = "but it acknowledges a session that doesn't exist: no ACK of it shows that anybody was moved"
        return ExitCode.NOT_ENFORCED, f"{proved}, {said}"
    if reply.state == "unanswered" and "another secret" in reply.answer:
        return ExitCode.TEMPORARY, "port and routing are right, the secret is not"
    if reply.state == "unanswered":
        return ExitCode.TEMPORARY, (
            "is CoA switched on there, with this server's address and this secret? A NAS doesn't answer a packet that "
            "it can't verify, from a server that it doesn't know, or whose time differs by more than five minutes"
        )
    if reply.state == "pending" or "NAK" not in reply.answer:
        return ExitCode.TEMPORARY, "nothing was proved"
    if reply.cause == _MISSING_ATTRIBUTE:
        said = "the NAS wants an attribute that this question lacks; `radtune coa` with a client of yours tells more"
    elif reply.cause in _UNKNOWN_COMMAND:
        said = "the NAS doesn't take this request: try another profile"
    else:
        said = f"the NAS would not obey: expected {SESSION_MISSING}"
    return ExitCode.NOT_ENFORCED, f"{proved}, but {said}"
