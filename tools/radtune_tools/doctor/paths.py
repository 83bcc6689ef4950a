"""The files of radtune: owner, mode, content, and what a reader would learn. docs/files.md is made of this list."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from radtune.dataclass import dataclass
from radtune.installation import DEFAULT_SETTINGS, RADDB, USER

Part = Literal["installed", "directories", "yours", "written", "sometimes"]

DEFAULTS = {
    "bin": "/usr/local/bin",
    "lib": "/usr/local/lib/radtune",
    "raddb": str(RADDB),
    "settings": str(DEFAULT_SETTINGS.parent),
    "store": "/var/lib/radtune",
    "events": "/var/log/radtune/radtune-events.jsonl",
}
"""The usual place of each word in braces that a path begins with."""
_CODE, _CONFIG, _STATE = "root:root", f"root:{USER}", f"{USER}:{USER}"


@dataclass(frozen=True, slots=True)
class File:
    """Some files of one kind.

    path: a pattern that begins with a word of DEFAULTS in braces, or with a slash; '' if settings alone know it
    owner: user and group; '' if that is up to the operator
    mode: in octal digits; '' likewise
    secret: no, personal, or secret; more words may follow
    label: its name in the manual, if that isn't its path
    keys: the keys of settings that name such files
    by, reads: who writes and who reads it, if a command or the server writes it
    """

    part: Part
    path: str
    owner: str
    mode: str
    what: str
    secret: str = ""
    label: str = ""
    keys: tuple[str, ...] = ()
    by: str = ""
    reads: str = ""

    @property
    def is_confidential(self) -> bool:
        """A reader would learn a secret or something personal."""
        return self.secret.startswith(("secret", "personal"))

    def at(self, places: Mapping[str, str] = MappingProxyType(DEFAULTS)) -> str:
        """Return the path or pattern, with these places for the words in braces; as usual, if there are none."""
        return self.path.format_map(places)


FILES: tuple[File, ...] = (
    File("installed", "{bin}/radtune", _CODE, "0755", "the command", "no"),
    File(
        *("installed", "{lib}/radtune/*", _CODE, "0644"),
        "the module that the server loads, profiles and JSON Schemas in `config`",
        "no",
    ),
    File("installed", "{lib}/radtune_tools/*", _CODE, "0644", "what the command runs", "no"),
    File("installed", "{bin}/radtune-web", _CODE, "0755", "the web page", "no"),
    File("installed", "{lib}/radtune_web/*", _CODE, "0644", "what the web page runs", "no"),
    File("installed", "{lib}/cron.d/radtune", _CODE, "0644", "lines for cron, to be copied to `/etc/cron.d`", "no"),
    File(
        *("installed", "{lib}/systemd/radtune-*", _CODE, "0644"),
        "units for systemd, to be copied to `/etc/systemd/system`",
        "no",
    ),
    File(
        *("installed", "{lib}/monitoring/radtune*", _CODE, "0644"),
        "alerts for Prometheus, a dashboard for Grafana",
        "no",
    ),
    File(
        *("installed", "{lib}/installed", _CODE, "0644"),
        "what was installed, for the next `make install` and for `make uninstall`",
        "no",
    ),
    File("installed", "/etc/logrotate.d/radtune", _CODE, "0644", "the event log's rotation", "no"),
    File("installed", "{raddb}/mods-available/radtune", _CONFIG, "0640", "the module's entry in the server", "no"),
    File(
        "installed", "{raddb}/policy.d/radtune", _CONFIG, "0640", "the word `radtune` for sites: how to list it", "no"
    ),
    File(
        *("installed", "{raddb}/mods-config/radtune/unlang", _CONFIG, "0640"),
        "what the server asks radtune, and when",
        "no",
    ),
    File(
        *("installed", "{raddb}/sites-available/radtune*", _CONFIG, "0640"),
        "three sites: logins, inner tunnels, certificates",
        "no",
    ),
    File(
        *("installed", "{raddb}/mods-config/radtune/dictionary", _CONFIG, "0640"),
        "radtune's own attributes; none leaves the server",
        "no",
    ),
    File(
        *("installed", "{settings}/settings.yaml", _CONFIG, "0640"),
        "the settings; names the files of the secrets",
        "no",
    ),
    File("installed", "{settings}/policy.yaml", _CONFIG, "0640", "the policy", "no"),
    File("installed", "{settings}/policy-tests.yaml", _CONFIG, "0640", "the policy's cases", "no"),
    File("directories", "{settings}/", _CONFIG, "0750", "settings, policy, secrets"),
    File("directories", "{settings}/settings.d/", _CONFIG, "0750", "more settings: tenants and NASes"),
    File("directories", "{store}/", _STATE, "0750", "the stores"),
    File(
        *("yours", "{settings}/intune-secret*", _CONFIG, "0640"),
        "the client secret; `radtune link` writes it",
        "secret",
    ),
    File(
        *("yours", "{settings}/settings.d/*.yaml", _CONFIG, "0640"),
        "tenants and NASes; `link` and `nas import` write such files, `unlink` removes one",
        "no",
    ),
    File(
        *("yours", "", _CONFIG, "0640", "what a tenant is signed in to with", "secret"),
        label="`client_secret_file`, `private_key_file`, `passphrase_file` of your own",
        keys=("client_secret_file", "private_key_file", "passphrase_file"),
    ),
    File(
        *("yours", "", _CONFIG, "0640", "the certificate for that; a PFX holds its key", "secret if PFX"),
        label="`certificate_file`",
    ),
    File(
        *("yours", "", "", "", "the other issuer's token; it lasts for minutes", "secret"),
        label="`federated_token_file`",
        keys=("federated_token_file",),
    ),
    File(
        *("yours", "{settings}/coa-*", _CONFIG, "0640"),
        "the secret of NASes for a CoA; `radtune nas import` writes one for each",
        "secret",
        keys=("secret_file",),
    ),
    File("yours", "{settings}/push-*", _CONFIG, "0640", "addresses and keys of webhooks", "secret", keys=("url_file",)),
    File(
        *("yours", "{settings}/web-*", _CONFIG, "0640", "hashes of passwords, a proxy's secret", "secret"),
        keys=("password_file", "proxy_secret_file"),
    ),
    File(
        *("yours", "", _CONFIG, "0640", "MACs or serial numbers, one a line", "personal"),
        label="lists that the policy names, such as `printers.txt`",
    ),
    File(
        *("yours", "", _CONFIG, "0640", "what your NASes have to be sent", "no"),
        label="profiles of your own, such as `my-switch.yaml`",
    ),
    File(
        *("yours", "/etc/default/radtune", _CODE, "0600", "variables of the units, such as `https_proxy`"),
        "secret if it has a password",
    ),
    File(
        *("written", "{store}/devices/", _STATE, "0700", "the device store", "personal"),
        by="`sync`, `link`, `unlink`",
        reads="server, commands",
    ),
    File(
        *("written", "{store}/sessions/", _STATE, "0700", "the session store", "personal"),
        by="server, `apply`, `coa`, `quarantine`, `release`",
        reads="server, commands",
    ),
    File(
        *("written", "{store}/server-*.json", _STATE, "0640", "the server's own state", "personal"),
        by="each server process, one file",
        reads="commands",
    ),
    File(
        *("written", "{store}/sync.lock", _STATE, "0600", "the lock of syncs", "no"),
        by="`sync`, `link`, `unlink`: one at a time",
        reads="the same",
    ),
    File(
        *("written", "{store}/apply.lock", _STATE, "0600", "the lock of moves", "no"),
        by="`apply`, `coa`, `quarantine`, `release`: one at a time",
        reads="the same",
    ),
    File(
        *("written", "{store}/metrics.json", _STATE, "0640"),
        "counts of events, and how far they were counted",
        "personal",
        by="`metrics`, `policy hits`",
        reads="the same",
    ),
    File(
        *("written", "{store}/metrics.lock", _STATE, "0600", "the lock of counting", "no"),
        by="`metrics`, `policy hits`: one at a time",
        reads="the same",
    ),
    File(
        "written", "{store}/push/", _STATE, "0700", "how far push has come", "no", by="`push`", reads="`push`, `status`"
    ),
    File(
        "written", "{store}/push.lock", _STATE, "0600", "its lock", "no", by="`push`: one at a time", reads="the same"
    ),
    File(
        *("written", "{events}", _STATE, "0640", "the client events", "personal"),
        by="server, `apply`, `coa`, `quarantine`, `release`",
        reads="`events`, `push`, `metrics`",
    ),
    File(
        *("written", "/var/lib/radtune-web/", _STATE, "0700", "index, key and sign-ins of the web page", "personal"),
        by="`radtune-web`",
        reads="the same",
    ),
    File(
        *("written", "{store}/setup/journal.json", _CODE, "0600", "what setup has changed", "secret if a file has one"),
        by="`setup`",
        reads="`setup`",
    ),
    File(
        *("sometimes", "{store}/devices.new/", _STATE, "0700"),
        "a store that a sync is filling in the place of a damaged one",
        "personal",
    ),
    File(
        *("sometimes", "{store}/devices.replaced-*/", _STATE, "0700"),
        "the damaged one; remove it when you don't need it",
        "personal",
    ),
    File("sometimes", "{store}/metrics.new", "", "", "the next `metrics.json`, while it is written", "personal"),
    File("sometimes", "{store}/changes.lock", "", "", "the lock of cron's line for every minute", "no"),
    File("sometimes", "{settings}/.*.yaml.*", "", "", "the next file of `settings.d`, while a command writes it", "no"),
    File(
        *("sometimes", "/etc/cron.d/radtune", _CODE, "0644"),
        "your copies of the files for cron and systemd",
        "no",
        label="`/etc/cron.d/radtune`, `/etc/systemd/system/radtune-*`",
    ),
    File(
        *("sometimes", "{raddb}/mods-enabled/radtune", "", "", "your links that switch radtune on", "no"),
        label=f"`{RADDB}/mods-enabled/radtune`, `sites-enabled/radtune*`",
    ),
    File(
        *("sometimes", "", "", "", "the metrics, for node_exporter", "no"),
        label="the file of `metrics --textfile`",
    ),
)
