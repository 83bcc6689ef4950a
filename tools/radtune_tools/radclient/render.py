"""A method of a NAS profile and a session -> the attributes of the packet."""

from collections.abc import Iterator, Mapping

from radtune.config.nas_profile import Method, Profile
from radtune.policy.templates import Pairs, fields_in, filled, names_client
from radtune_tools.radclient.packet import quoted


class CannotRenderError(Exception):
    """A method that can't be used for a session; the message says why."""


def render(profile: Profile, method: Method, fields: Mapping[str, str]) -> Pairs:
    """Return the attributes of the packet for a session; raises CannotRenderError where the method can't be used.

    `fields` are `templates.fields_of` it. An attribute whose field isn't known is left out. No packet comes
    without an attribute that names the client: a NAS may take it for everybody.
    """
    for names in method.requires:
        if not any(fields[name] for name in names):
            raise CannotRenderError(f"{method.name} needs {' or '.join(names)}, which the session doesn't have")
    _check_client(method, fields)
    found = [*_nas_pairs(profile.nas, fields)]
    for name, template in method.attributes:
        if value := filled(template, fields):
            found.append((name, value))
    for name, value in found:
        try:
            quoted(value)
        except ValueError as error:
            raise CannotRenderError(f"{method.name} can't be sent safely: {name}: {error}") from None
        problem = profile.dictionary.coa_problem(name, value) if profile.dictionary else ""
        if problem:
            raise CannotRenderError(f"{method.name} can't be sent: {problem}")
    return tuple(found)


def _check_client(method: Method, fields: Mapping[str, str]) -> None:
    """Raise CannotRenderError where none of the attributes that name the client has a value."""
    naming = [template for _, template in method.attributes if names_client(template)]
    if not any(filled(template, fields) for template in naming):
        missing = dict.fromkeys(field for template in naming for field in fields_in(template) if not fields[field])
        said = f": the session has no {' or '.join(missing)}" if missing else ""
        raise CannotRenderError(f"{method.name} would name no client{said}")


def _nas_pairs(how: str, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    address = fields["nas_address"] or fields["nas_ipv6"]
    if address and (how in ("address", "both") or (how == "identifier" and not fields["nas_identifier"])):
        yield ("NAS-IPv6-Address" if fields["nas_ipv6"] else "NAS-IP-Address"), address
    if fields["nas_identifier"] and (how in ("identifier", "both") or (how == "address" and not address)):
        yield "NAS-Identifier", fields["nas_identifier"]
