"""The kind of a finding, and the kinds of the findings that are reasons of `radtune status`."""

from collections.abc import Mapping

from radtune.dataclass import dataclass
from radtune.installation import SERVER, USER

RESTART = f"systemctl restart {SERVER}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of findings; words in braces are fields of the single finding.

    what: what is wrong, and where
    why: what it leads to
    mend: a command, or what to do
    """

    what: str
    why: str
    mend: str


STATUS_KINDS: Mapping[str, Kind] = {
    name: Kind("{said}", why, mend)
    for name, why, mend in (
        ("server_down", "radtune judges no login", f"radtune setup; if that was done: systemctl start {SERVER}"),
        ("server_unknown", "the state of the server is unknown", "run as root, on the server's machine"),
        ("server_code", "the server still runs the old code", RESTART),
        ("server_settings", "the server still uses the old settings", RESTART),
        ("server_store", "the server looks up devices or sessions in files that are gone", RESTART),
        ("server_denies_all", "no client is let in", "radtune events, then radtune explain MAC"),
        ("server_devices", "every client is unavailable to the policy", "radtune sync"),
        ("server_sessions", "sessions wait in the server's memory, and are lost if it ends", "radtune status"),
        ("server_quarantines", "a new quarantine doesn't count", "radtune status"),
        ("server_events", "client events are lost", "df -h, and the owner of the event log"),
        ("server_certificates", "a client is denied after its TLS handshake was confirmed", "docs/eap.md"),
        ("server_bug", "a bug made a request fail", "report what the server's log says"),
        ("store_directory", "syncs and the server can't write", f"chown {USER}: and chmod u+rwX, or make room"),
        ("event_log", "client events are lost", f"chown {USER}: and chmod u+rw, or make room"),
        ("policy", "the server doesn't start again with it", "radtune policy check"),
        ("policy_mismatch", "logins are judged by another policy than that of the file", "radtune policy check"),
        ("devices", "no client is known", "radtune sync; if no tenant is linked, radtune link first"),
        ("stale", "clients are judged as stale", "radtune sync, then docs/schedule.md"),
        ("sync", "the store grows stale", "radtune sync"),
        ("credential", "syncs fail from then on", "a new secret or certificate, in its file"),
        ("nas_secret", "no CoA leaves to these NASes", "radtune nas check"),
        ("sessions", "no client can be moved", "radtune status"),
        ("apply", "connected devices stay where they are", "radtune plan, then radtune apply"),
        ("not_enforced", "a connected device isn't where the policy wants it", "radtune apply --retry"),
        ("push", "a destination gets no events, or gets them late", "docs/push.md"),
    )
}
