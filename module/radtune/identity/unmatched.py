"""Why no device was found for a client, in words that say what to change."""

from collections.abc import Iterator

from radtune.identity.names import (
    certificate_macs,
    certificate_names,
    certificate_serials,
    certificate_users,
    host_names,
)
from radtune.records.addresses import NO_MACS, is_random_mac
from radtune.records.device_and_client import Certificate, Facts


def why_nothing(facts: Facts, means: frozenset[str]) -> str:
    """Return the sentence for a client that is no device that Intune knows."""
    said = [_by_mac(facts, means), *_hints(facts, means)]
    if facts.certificate is not None:
        found = (certificate_serials, certificate_names, certificate_macs)
        named = " or ".join(dict.fromkeys(name for each in found for name in each(facts.certificate))) or "nothing"
        said.insert(0, f"the certificate names {named}, which is no device's name or serial")
    return "; ".join(said)


def _by_mac(facts: Facts, means: frozenset[str]) -> str:
    said, mac = facts.calling_station_id, facts.mac
    if "mac" not in means:
        return "the policy takes no MAC as identity"
    if not mac:
        return f"Calling-Station-Id {said!r} is no MAC" if said else "there is no MAC to go by"
    if is_random_mac(mac):
        return f"the MAC {mac} is randomised and names no device"
    if mac in NO_MACS:
        return f"the MAC {mac} is a placeholder and names no device"
    return f"Intune knows no device with the MAC {mac}"


def _hints(facts: Facts, means: frozenset[str]) -> Iterator[str]:
    """Yield which forms the client shows that name no device."""
    certificate = facts.certificate or Certificate()
    users = certificate_users(certificate)
    if users and "user" in means:
        yield f"no device has the primary user {' or '.join(users)}; a mail address or alias is no user principal name"
    elif users:
        yield f"the certificate is that of {' or '.join(users)}, and the policy's identify_by leaves out user"
    if "@" in certificate.common_name:
        yield "a serial number behind a user's name can't be told from it; put it into the subject as serialNumber"
    if facts.user_verified and facts.user_name.endswith("$") and not host_names(facts):
        yield f"the computer's name is not taken from {facts.user_name}, but from host/NAME or NAME$"
    if facts.nas_port_type == "Virtual":
        yield "what a VPN client says of itself, such as mdm-tlv=device-mac, proves no device"
