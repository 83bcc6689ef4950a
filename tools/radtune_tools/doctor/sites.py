"""radtune's words in the virtual servers, and the lines of eap, as docs/own-site.md and docs/eap.md want them."""

from collections.abc import Iterator, Sequence

from radtune_tools.doctor.raddb import WORD, Part, Raddb
from radtune_tools.doctor.report import Check, Fact, Private, Word, number, one_of

SECTIONS = ("authorize", "post-auth", "accounting")
TUNNELS = ("ttls", "peap")
INNER_ATTRIBUTES = ("Radtune-Inner-Type", "Radtune-Inner-User-Name")
"""What a resumed tunnel has to have kept."""
_MISSING = "doesn't call radtune"
_TLS_TOO_NEW = ("1.3", "1.4")


def eap_modules(raddb: Raddb) -> list[Part]:
    """Return the instances of the module eap that the server loads."""
    return raddb.sections(raddb.modules, "eap")


def tls_configs(raddb: Raddb) -> list[Part]:
    """Return the sections in which eap's methods have their certificates and versions."""
    return [each for eap in eap_modules(raddb) for each in raddb.sections(raddb.inside(eap), "tls-config")]


def check_eap(found: Check, raddb: Raddb) -> None:
    """Note lines of eap that keep radtune from judging, or from judging in time."""
    names: list[Fact] = []
    for eap in eap_modules(raddb):
        methods = {method: raddb.sections(raddb.inside(eap), method) for method in ("tls", *TUNNELS)}
        names += [one_of(method, methods) for method, parts in methods.items() if parts]
        for tls in methods["tls"]:
            if why := _why_no_check(raddb, tls.value("virtual_server")):
                found.find_missing("eap_tls_check", raddb.obscure, file=_path(tls), said=why, problem=_problem(why))
        for method in TUNNELS:
            for tunnel in methods[method]:
                if why := _why_no_tunnel(raddb, tunnel.value("virtual_server")):
                    method_word = one_of(method, TUNNELS)
                    found.find_missing(
                        "eap_inner_tunnel",
                        raddb.obscure,
                        file=_path(tunnel),
                        method=method_word,
                        said=why,
                        problem=_problem(why),
                    )
        for config in raddb.sections(raddb.inside(eap), "tls-config"):
            _check_config(found, raddb, config, has_tunnel=any(methods[method] for method in TUNNELS))
    found.fact("methods", names)
    found.said = f"methods with certificates: {', '.join(map(str, names)) or 'none'}"


def _check_config(found: Check, raddb: Raddb, config: Part, *, has_tunnel: bool) -> None:
    if (version := config.value("tls_max_version")) in _TLS_TOO_NEW:
        found.find("eap_tls_version", file=_path(config), version=number(version))
    for cache in raddb.sections(raddb.inside(config), "cache"):
        kept = {
            each.item.name for store in raddb.sections(raddb.inside(cache), "store") for each in raddb.inside(store)
        }
        missing = [name for name in INNER_ATTRIBUTES if name not in {each.lstrip("&") for each in kept}]
        if has_tunnel and missing and cache.value("enable").lower() in ("yes", "1", "true", "on"):
            found.find("eap_cache", file=_path(cache), attribute=one_of(missing[0], INNER_ATTRIBUTES))


def _why_no_check(raddb: Raddb, name: str) -> str:
    """Return why the virtual server that tls { } names is no certificate check of radtune's, or ''."""
    if why := _why_not_there(raddb, name):
        return why
    calls = _calls(raddb, raddb.servers[name], "authorize")
    return "" if calls is not None and WORD in calls else f"authorize {{ }} of its server {name} {_MISSING}"


def _why_no_tunnel(raddb: Raddb, name: str) -> str:
    """Return why the virtual server that a tunnel names is no inner tunnel of radtune's, or ''."""
    if why := _why_not_there(raddb, name):
        return why
    server = raddb.servers[name]
    if why := _why_not_before_eap(_calls(raddb, server, "authorize") or []):
        return f"authorize {{ }} of its server {name} {why}"
    why = _why_not_reached(raddb, server)
    return f"post-auth {{ }} of its server {name} {why}" if why else ""


def _why_not_there(raddb: Raddb, name: str) -> str:
    if not name:
        return "it names no virtual_server"
    return "" if name in raddb.servers else f"its virtual_server {name} isn't enabled"


def check_sites(found: Check, raddb: Raddb) -> None:
    """Note the places in the NASes' virtual servers in which radtune's word is missing, or comes too late or early."""
    behind = {part.value("virtual_server") for eap in eap_modules(raddb) for part in raddb.inside(eap)}
    outer = [each for each in raddb.listening if each.item.words[1] not in behind and any(_with_word(raddb, each))]
    for server in outer:
        _check_server(found, raddb, server)
    if not outer:
        found.find_missing("site_missing", raddb.obscure, raddb=Private("path", str(raddb.directory)))
    elif not any(_calls(raddb, each, "accounting") is not None for each in outer):
        _note(found, raddb.obscure, "site_accounting", outer[0], _MISSING)
    names = [server.item.words[1] for server in outer]
    found.fact("servers", [Private("site", name) for name in names])
    found.said = f"radtune is in {', '.join(names) or 'no virtual server'}"


def _with_word(raddb: Raddb, server: Part) -> Iterator[str]:
    """Yield the sections of a virtual server that call radtune."""
    return (section for section in SECTIONS if WORD in (_calls(raddb, server, section) or []))


def _check_server(found: Check, raddb: Raddb, server: Part) -> None:
    authorize, accounting = _calls(raddb, server, "authorize"), _calls(raddb, server, "accounting")
    if authorize is not None:
        _note(found, raddb.obscure, "site_authorize", server, _why_not_before_eap(authorize))
        _note(found, raddb.obscure, "site_post_auth", server, _why_not_reached(raddb, server))
        _note(found, raddb.obscure, "site_reject", server, _why_not_first(_rejects(raddb, server)))
    if accounting is not None:
        _note(
            found,
            raddb.obscure,
            "site_accounting",
            server,
            _why_not_before(accounting, "attr_filter.accounting_response"),
        )


def _note(found: Check, unread: Sequence[str], kind: str, server: Part, why: str) -> None:
    if why:
        found.find_missing(
            kind,
            unread,
            file=_path(server),
            server=Private("site", server.item.words[1]),
            said=why,
            problem=_problem(why),
        )


def _problem(why: str) -> Word:
    """Return the word for what is wrong in a place, for the archive, which has no sentences."""
    if why.endswith(_MISSING):
        return Word("missing")
    return Word("virtual_server") if "virtual_server" in why else Word("order")


def _calls(raddb: Raddb, server: Part, section: str) -> list[str] | None:
    """Return what a section of a virtual server calls, None if it has none."""
    parts = raddb.sections(raddb.inside(server), section)
    return [call for part in parts for call in raddb.calls(part)] if parts else None


def _rejects(raddb: Raddb, server: Part) -> list[str]:
    sections = raddb.sections(raddb.inside(server), "post-auth")
    parts = [each for part in sections for each in raddb.sections(raddb.inside(part), "post-auth-type", "reject")]
    return [call for part in parts for call in raddb.calls(part)]


def _why_not_before_eap(calls: Sequence[str]) -> str:
    return _why_not_before(calls, "eap")


def _why_not_before(calls: Sequence[str], other: str) -> str:
    if WORD not in calls:
        return _MISSING
    return f"calls {other} before radtune" if other in calls[: calls.index(WORD)] else ""


def _why_not_reached(raddb: Raddb, server: Part) -> str:
    """Return why radtune isn't the last word of post-auth, or may not be reached: the login would go unjudged."""
    calls = _calls(raddb, server, "post-auth") or []
    if WORD not in calls:
        return _MISSING
    before = (call.partition(".")[0] for call in calls[: calls.index(WORD)])
    if ending := next((call for call in before if call in raddb.endings), ""):
        return f"calls {ending} before radtune, which may end the section there"
    return "" if calls[-1] == WORD else f"calls {calls[-1]} behind radtune"


def _why_not_first(calls: Sequence[str]) -> str:
    if WORD not in calls:
        return _MISSING
    return "" if calls[0] == WORD else f"calls {calls[0]} before radtune"


def _path(part: Part) -> Private:
    return Private("path", str(part.file))
