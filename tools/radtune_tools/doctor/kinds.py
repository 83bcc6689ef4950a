"""The kinds of findings: what is wrong, why it matters, what mends it. docs/doctor.md is made of them."""

from collections.abc import Mapping

from radtune.installation import INSTALL, SERVER
from radtune_tools.doctor.status_kinds import RESTART, STATUS_KINDS, Kind

SETUP = "radtune setup; or by hand:"
SERVER_KINDS: Mapping[str, Kind] = {
    "freeradius_missing": Kind(
        "there is no program {program}",
        "radtune runs inside of FreeRADIUS",
        f"{INSTALL} {SERVER} freeradius-python3 freeradius-utils",
    ),
    "rlm_python3_missing": Kind(
        "FreeRADIUS has no rlm_python3.so in {place}",
        "the server can't load radtune, and doesn't start with it",
        f"{INSTALL} freeradius-python3",
    ),
    "interpreter": Kind(
        "{module} runs Python 3.{minor}, and radtune needs 3.{needed}",
        "the server can't load radtune",
        "use packages of FreeRADIUS that were built with a later Python: docs/platforms.md",
    ),
    "server_library": Kind(
        "{python}, which the server embeds, can't import {modules}",
        "the server doesn't start with radtune",
        "{install}",
    ),
    "command_library": Kind(
        "the command's Python can't import {modules}", "sync, link, metrics or nas test fail", "{install}"
    ),
    "command_program": Kind(
        "{program} isn't installed",
        "no CoA can be sent, so connected devices aren't moved",
        f"{INSTALL} {{package}}",
    ),
    "server_version": Kind(
        "the server (pid {pid}) has loaded radtune {theirs} from {place}, and the command is radtune {ours}",
        "the two may judge and write differently",
        f"name the same directory in python_path of mods-available/radtune, then: {RESTART}",
    ),
    "restart_policy": Kind(
        "systemd doesn't start the server again after a crash (Restart={restart})",
        "if FreeRADIUS crashes, no client can log in until a person starts it",
        f"systemctl edit {SERVER}, and add: [Service] Restart=on-failure RestartSec=5",
    ),
}
RADDB_KINDS: Mapping[str, Kind] = {
    "raddb_missing": Kind(
        "{file} isn't there",
        "the server has no configuration",
        f"{INSTALL} {SERVER}; if its configuration is elsewhere: radtune doctor --raddb DIRECTORY",
    ),
    "module_disabled": Kind(
        "the server loads no module of radtune's",
        "the server doesn't ask radtune",
        f"{SETUP} ln -s ../mods-available/radtune {{raddb}}/mods-enabled/",
    ),
    "module_settings": Kind(
        "{file}: the server's settings are {theirs}, the command's are {ours}",
        "the command looks at another store and policy than the server judges by",
        f"name one file in both: in this line, then {RESTART}; or by --settings or RADTUNE_SETTINGS",
    ),
    "raddb_files": Kind(
        "{file} isn't there",
        "it is one of the files by which the server knows radtune",
        "make install, or install the package radtune again",
    ),
    "policy_twice": Kind(
        "{file} defines radtune's policies a second time",
        "the server takes the definition that it reads first, which may be an old one",
        f"compare {{file}} with mods-config/radtune/unlang, remove it, and: {RESTART}",
    ),
    "dictionary": Kind(
        "{file} has no line that includes radtune's dictionary",
        "the server doesn't know radtune's attributes, and doesn't start",
        f"{SETUP} echo '$INCLUDE mods-config/radtune/dictionary' >> {{file}}",
    ),
    "utf8": Kind(
        "the module utf8 isn't enabled",
        "policy.d/radtune needs it to deny what is not UTF-8; the server doesn't start without it",
        f"{SETUP} ln -s ../mods-available/utf8 {{raddb}}/mods-enabled/",
    ),
    "eap_tls_check": Kind(
        "{file}: tls {{ }} doesn't ask radtune about certificates: {said}",
        "a client gets its EAP-Success before radtune denies it; some clients then try again endlessly",
        f"{SETUP} write virtual_server = radtune-check-eap-tls into tls {{{{ }}}}, and: {RESTART}",
    ),
    "eap_inner_tunnel": Kind(
        "{file}: the tunnel of {method} {{ }} doesn't ask radtune: {said}",
        "a client in the tunnel is judged by its outer name, or not at all",
        f'{SETUP} write virtual_server = "radtune-inner-tunnel" into {{method}} {{{{ }}}}, and: {RESTART}',
    ),
    "eap_tls_version": Kind(
        "{file}: tls_max_version is {version}",
        "under TLS 1.3 FreeRADIUS forgets the certificate of a resumed session, and radtune denies the login",
        f'write tls_max_version = "1.2", and: {RESTART}',
    ),
    "eap_ca": Kind(
        "{file}: ca_file {ca} has {count} CAs",
        "a certificate of any of these CAs passes the handshake, and radtune goes by the names in it",
        f"write ca_file with the CA of the clients' certificates alone, and: {RESTART}",
    ),
    "eap_cache": Kind(
        "{file}: sessions of tunnels can be resumed, and cache {{ store {{ }} }} doesn't keep {attribute}",
        "radtune denies a resumed tunnel whose login it doesn't know",
        f"add {{attribute}} to cache {{{{ store {{{{ }}}} }}}}, and: {RESTART}",
    ),
    "site_missing": Kind(
        "no virtual server calls radtune in authorize, post-auth or accounting",
        "no login is judged",
        f"{SETUP} ln -s ../sites-available/radtune {{raddb}}/sites-enabled/, and: {RESTART}",
    ),
    "site_authorize": Kind(
        "{file}: server {server}: authorize {{ }} {said}",
        "clients with only a MAC aren't judged, and names that are not UTF-8 are let through",
        f"{SETUP} write radtune before eap there, and: {RESTART}",
    ),
    "site_post_auth": Kind(
        "{file}: server {server}: post-auth {{ }} {said}",
        "logins are let in unjudged, or with a VLAN that another module wrote",
        f"{SETUP} write radtune last there, and: {RESTART}",
    ),
    "site_reject": Kind(
        "{file}: server {server}: Post-Auth-Type REJECT {{ }} {said}",
        "a denied login may leave no client event, have no signature, or get an EAP-Success",
        f"{SETUP} write radtune first there, and: {RESTART}",
    ),
    "site_accounting": Kind(
        "{file}: server {server}: accounting {{ }} {said}",
        "sessions stay live after their Stop, and radtune sends a CoA to clients that have gone",
        f"{SETUP} write radtune before attr_filter.accounting_response there, and: {RESTART}",
    ),
}
PATH_KINDS: Mapping[str, Kind] = {
    "path_open": Kind(
        "{path}: mode {mode} lets every user in",
        "it holds what others must not know: {holds}",
        "chmod o-rwx {path}",
    ),
    "path_writable": Kind(
        "{path}: {who} can change it (owner {owner}, mode {mode})",
        "they can change what root or the server runs or trusts",
        "chown {wanted} {path}; chmod go-w {path}",
    ),
    "path_owner": Kind(
        "{path} belongs to {owner}, not to {user}",
        "the server can't write there: sessions, events or its own state are lost",
        "chown -R {user}: {path}",
    ),
    "path_unreadable": Kind(
        "{path}: {user}, the server's user, may not read it (owner {owner}, mode {mode})",
        "the server or the commands that cron runs can't use it",
        "chgrp {user} {path}; chmod g+{letters} {path}",
    ),
}
DATA_KINDS: Mapping[str, Kind] = {
    "settings_missing": Kind(
        "there is no {file}",
        "no command works, and the server doesn't start with radtune",
        "make install, or install the package radtune again; if it is elsewhere: radtune doctor --settings FILE",
    ),
    "settings": Kind("{said}", "no command works, and the server doesn't start", "radtune policy check"),
    "policy_warning": Kind(
        "{said}",
        "the policy may not do what you mean",
        "mend that line of the policy, then: radtune policy check --strict",
    ),
    "schedule": Kind(
        "{tenant}: the last whole sync was at {at}, and no other followed",
        "neither cron nor a timer seems to run: the store grows stale, and clients are judged as such",
        "docs/schedule.md has the lines for cron and for systemd",
    ),
    "schedule_apply": Kind(
        "radtune apply has never run; live sessions: {sessions}",
        "connected devices stay where they are, even if their compliance changes",
        "radtune plan, then docs/schedule.md",
    ),
    "schedule_twice": Kind(
        "cron and systemd's timer both run radtune sync", "two runs wait for each other", "rm /etc/cron.d/radtune"
    ),
    "events_missing": Kind(
        "{file}: the last login was at {login}, the last event: {written}",
        "logins leave no event, so the reason of a denial is unknown later",
        "radtune events; see the server's log",
    ),
    "disk_space": Kind(
        "{place}: {free} MB of {size} MB are free",
        "on a full disk sessions and events are lost, and syncs fail",
        "df -h",
    ),
}
CREDENTIAL_KINDS: Mapping[str, Kind] = {
    "server_certificate": Kind(
        "{file}: the server's certificate {when} {date}",
        "clients that check it, as they should, can't log in",
        f"renew it, then: {RESTART}",
    ),
    "ca_certificate": Kind(
        "{file}: a CA's certificate {when} {date}",
        "client certificates that it has issued aren't accepted any more",
        f"put the new CA beside it, then: {RESTART}",
    ),
    "graph_unreachable": Kind(
        "{tenant}: {said}", "no sync works, and the store grows stale", "docs/ports.md, and radtune sync"
    ),
    "graph_refused": Kind(
        "{tenant}: {said}", "no sync works, and the store grows stale", "radtune link {tenant}, or as the message says"
    ),
    "clock": Kind(
        "this machine's clock is {seconds} seconds {way} Microsoft's",
        "sign-ins and CoA requests are refused, and the age of data is wrong",
        "timedatectl set-ntp true",
    ),
}
NAS_KINDS: Mapping[str, Kind] = {
    "nas_accounting": Kind(
        "{nas}: no accounting ever came for its sessions ({sessions})",
        "radtune can't know when a client goes, and sends a CoA to clients that have gone",
        "switch RADIUS accounting on at the NAS, to this server: docs/coa.md",
    ),
    "nas_unknown": Kind(
        "{nas}: no entry under nas; sessions on it: {sessions}",
        "clients on it can't be moved",
        "radtune nas import, or docs/coa.md",
    ),
    "coa_port": Kind(
        "{nas}: {said}", "clients on it can't be moved", "radtune nas test {nas}, and docs/troubleshoot-moves.md"
    ),
}
KINDS: Mapping[str, Kind] = {
    **STATUS_KINDS,
    **SERVER_KINDS,
    **RADDB_KINDS,
    **PATH_KINDS,
    **DATA_KINDS,
    **CREDENTIAL_KINDS,
    **NAS_KINDS,
}
