"""The story of the package on one machine, from a stock FreeRADIUS to a stock FreeRADIUS."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.request import urlopen

from deb.build import LATER, NAMES
from deb.machine import RADDB, RESTART, Server, Snapshot, apt, changes, holds, snapshot, status_of, typed, version_of
from deb.office import SETTINGS, SWITCHED_ON, Office, events, stock_answers
from deb.switching import switch_off, switch_on
from demo.narration import expect, say, step
from parts.process import wait_for

STORES = Path("/var/lib/radtune")
CONFFILES = (
    *("/etc/cron.d/radtune", "/etc/logrotate.d/radtune"),
    *(f"{RADDB}/{name}/radtune" for name in ("mods-available", "policy.d", "sites-available")),
    *(f"{RADDB}/sites-available/radtune-{name}" for name in ("check-eap-tls", "inner-tunnel")),
    *(f"{RADDB}/mods-config/radtune/{name}" for name in ("dictionary", "unlang")),
    *(f"{SETTINGS}/{name}.yaml" for name in ("settings", "policy", "policy-tests")),
)
WANTED = "/etc/systemd/system/timers.target.wants/radtune-sync.timer"
MADE = (*CONFFILES, f"{RADDB}/mods-config/radtune", str(SETTINGS), f"{SETTINGS}/settings.d", WANTED)
"""What an installation adds to /etc."""
OWNERS = {
    "/etc/radtune": "750 root:freerad",
    "/etc/radtune/settings.d": "750 root:freerad",
    "/etc/radtune/settings.yaml": "640 root:freerad",
    "/etc/radtune/policy.yaml": "640 root:freerad",
    "/var/lib/radtune": "750 freerad:freerad",
    "/var/log/radtune": "750 freerad:freerad",
    f"{RADDB}/policy.d/radtune": "644 root:root",
    "/usr/bin/radtune": "755 root:root",
}
LEFTOVERS = "find / -xdev -name '*radtune*' -not -path '/proc/*' -not -path '/src/*' -not -path '/tmp/*'"


def tell(directory: Path) -> None:
    """Tell it with the packages of `directory`. Raises WrongTurnError at the first step that comes out otherwise."""
    packages = {name: f"{directory / name}/*.deb" for name in NAMES}
    place = Path(tempfile.mkdtemp(prefix="deb-"))
    place.chmod(0o755)
    try:
        office = Office(place)
        office.prepare_eap()
        before = snapshot()
        with Server() as server, office.intune:
            _install(server, packages["now"], before)
            _idle()
            _web(place)
            apt("purge radtune radtune-web")
            holds("purged, /etc is as before", changes(before, snapshot()), [])
            stock = _enable(office, packages["before"])
            _upgrade(server, office, packages)
            _remove(server, packages["now"], stock)
            _purge(server, packages["now"], before)
    finally:
        shutil.rmtree(place)
    say("\nEvery step came out as told.")


def _install(server: Server, package: str, before: Snapshot) -> None:
    step("Install the package beside a stock FreeRADIUS that runs")
    answers, pid = stock_answers(), server.pid
    say(f"the stock server answers: {answers}")
    typed(f"dpkg --unpack {package}")
    typed("freeradius -CX", user="freerad")
    say("ok: unpacked and not yet configured, the server's user can read the server's whole configuration")
    apt(f"install {package}")
    expect("installed", status_of("radtune"), "installed")
    holds(
        "/etc has what is listed, and is otherwise as before",
        sorted(changes(before, snapshot())),
        sorted(f"+ {name}" for name in MADE),
    )
    for path, told in OWNERS.items():
        expect(path, typed(f"stat -c '%a %U:%G' {path}").strip(), told)
    expect("the running server is the same process", server.pid, pid)
    expect("it answers", stock_answers(), answers)
    typed("freeradius -CX")
    server.restart()
    expect("after a restart it answers", stock_answers(), answers)


def _idle() -> None:
    step("Nothing is linked yet: timers, cron, man pages, completion")
    units = typed("ls /usr/lib/systemd/system/ | grep radtune").split()
    typed(f"systemd-analyze verify --man=no --recursive-errors=no {' '.join(units)}")
    say(f"ok: systemd finds nothing wrong with {', '.join(units)}")
    expect("a run of the timer says", _run_of_timer(), "")
    (line,) = [each for each in Path("/etc/cron.d/radtune").read_text().splitlines() if each[:1].isdigit()]
    command = line.partition(" freerad ")[2]
    expect("a run by cron says", typed(command, user="freerad"), "")
    typed("install -d /run/systemd/system")
    expect("where systemd runs, cron's line says", typed(f"radtune() {{ echo ran; }}; {command}"), "")
    typed("rmdir /run/systemd/system")
    expect("where it doesn't, it runs", typed(f"radtune() {{ echo ran; }}; {command}"), "ran\n")
    complete = ". /usr/share/bash-completion/completions/radtune; COMP_WORDS=(radtune pol) COMP_CWORD=1"
    said = typed(f"bash -c '{complete}; _radtune_completion radtune; echo $COMPREPLY'").strip()
    expect("bash completes `radtune pol` by", said, "policy")
    pages = typed("dpkg -L radtune | grep -c /man1/radtune || :").strip()
    say(f"{pages} man pages are there")
    typed("logrotate --debug /etc/logrotate.d/radtune")


def _run_of_timer() -> str:
    return typed(_command_of("radtune-sync.service"), user="freerad")


def _command_of(unit: str) -> str:
    service = (Path("/usr/lib/systemd/system") / unit).read_text()
    (command,) = [line.removeprefix("ExecStart=") for line in service.splitlines() if line.startswith("ExecStart=")]
    return command


def _web(place: Path) -> None:
    step("The web page, as its unit runs it")
    typed(f"echo 'web: {{password_file: web-passwords, state: {place}/web}}' >> {SETTINGS}/settings.yaml")
    typed(f"echo 'correct horse battery' | radtune-web --add-user alice; install -d -o freerad {place}/web")
    user = ["setpriv", "--reuid=freerad", "--regid=freerad", "--init-groups"]
    with subprocess.Popen([*user, _command_of("radtune-web.service")], stderr=subprocess.PIPE, text=True) as page:
        assert page.stderr is not None
        line = page.stderr.readline()
        try:
            with urlopen(line.split()[-1]) as answer:  # noqa: S310  # the address that it says it listens on
                expect(
                    "it asks who one is", "alice" not in (said := answer.read().decode()) and "password" in said, True
                )
        finally:
            page.terminate()


def _enable(office: Office, package: str) -> Snapshot:
    """Return raddb as it was before radtune was switched on."""
    step("Install the package of the commit before, link a tenant, switch radtune on, and log in by EAP-TLS")
    apt(f"install {package}")
    office.link()
    expect("the timer's run fills the store and says", _run_of_timer(), "")
    stock = snapshot(RADDB)
    said = typed(f"radtune setup --yes --restart-command {RESTART}")
    expect("radtune setup proves a login", "\nproved: " in said, True)
    expect("by EAP-TLS they get", office.logins(), SWITCHED_ON)
    expect("client events", events()[-3:], ["login_allowed", "login_allowed", "login_denied"])
    typed("radtune status")
    say("ok: radtune status is healthy")
    seen = len(events())
    for _ in range(2):
        typed("logrotate --force --state /var/tmp/logrotate /etc/logrotate.d/radtune; rm /var/tmp/logrotate")
        expect("rotated by logrotate, and logged in again, they get", office.logins(), SWITCHED_ON)
    logs = "/var/log/radtune/radtune-events.jsonl"
    expect("client events in all logs", typed(f"zcat -f {logs} {logs}.1 {logs}.2.gz | wc -l").strip(), str(seen + 6))
    expect(
        "owner of the rotated logs",
        typed(f"stat -c '%U:%G %a' {logs}.1 {logs}.2.gz").split("\n")[:2],
        ["freerad:freerad 640"] * 2,
    )
    return stock


def _upgrade(server: Server, office: Office, packages: dict[str, str]) -> None:
    step("Upgrade to the package of this commit under the running server")
    pid, mine, store = server.pid, snapshot(SETTINGS), snapshot(STORES).keys()
    old = version_of("radtune")
    said = apt(f"install {packages['now']}")
    say(f"{old} -> {version_of('radtune')}")
    expect("apt says of files below /etc/radtune", [line for line in said.splitlines() if "/etc/radtune" in line], [])
    expect("settings, policy, secrets", changes(mine, snapshot(SETTINGS)), [])
    expect("stores", snapshot(STORES).keys() >= store, True)
    expect("the running server is the same process", server.pid, pid)
    expect("it answers", office.logins(), SWITCHED_ON)
    server.restart()
    expect("after a restart it answers", office.logins(), SWITCHED_ON)
    typed("radtune status")
    # This story has no entry under nas.
    found = json.loads(typed("radtune --json doctor 2>/dev/null", code=1))["findings"]
    expect("radtune doctor finds", [each["kind"] for each in found], ["nas_unknown"])
    step("Upgrade to a package of the future whose code is broken, and back")
    pid, policies = server.pid, RADDB / "policy.d/radtune"
    policies.write_text(f"{policies.read_text()}# mine\n")
    apt(f"install {packages['broken']}")
    beside = sorted(str(file) for place in (RADDB, SETTINGS) for file in place.rglob("*.dpkg-dist"))
    expect(
        "of the files that both have changed, the new ones are",
        beside,
        [f"{policies}.dpkg-dist", f"{SETTINGS}/policy.yaml.dpkg-dist"],
    )
    expect("version", version_of("radtune").endswith(LATER), True)
    typed("radtune --version", code=1)
    policy = SETTINGS / "policy.yaml"
    for old, new in (("20", "21"), ("21", "20")):
        policy.write_text(policy.read_text().replace(f"{{vlan: {old}}}", f"{{vlan: {new}}}"))
        told = {**SWITCHED_ON, "noncompliant laptop": new}
        wait_for(lambda told=told: office.logins() == told, f"the running server judges by VLAN {new}")  # type: ignore[misc]
        say(f"ok: the running server has read a policy with VLAN {new}")
    expect("the running server is the same process", server.pid, pid)
    apt(f"--allow-downgrades install {packages['now']}")
    server.restart()
    expect("back, and restarted, it answers", office.logins(), SWITCHED_ON)


def _remove(server: Server, package: str, stock: Snapshot) -> None:
    step("Remove the package while the server uses it: it refuses")
    there = snapshot()
    said = apt("remove radtune radtune-web", code=100)
    expect("it names the files", "  mods-enabled/radtune\n" in said and "  dictionary\n" in said, True)
    expect("still installed", status_of("radtune"), "installed")
    expect("changes in /etc", changes(there, snapshot()), [])
    step("Switch radtune off, remove the package, install it again, remove it")
    typed(f"radtune setup --undo --yes --restart-command {RESTART}")
    left = [line for line in changes(stock, snapshot(RADDB)) if "/radtune" not in line]
    holds("radtune setup --undo has put back every byte, owner and mode of raddb", left, [])
    say(f"the stock server answers: {stock_answers()}")
    kept, stores = snapshot(SETTINGS), snapshot(STORES)
    apt("remove radtune radtune-web")
    expect("settings, policy, secrets", changes(kept, snapshot(SETTINGS)), [])
    expect("stores", changes(stores, snapshot(STORES)), [])
    server.restart()
    say("ok: the server starts without the package")
    (line,) = [each for each in Path("/etc/cron.d/radtune").read_text().splitlines() if each[:1].isdigit()]
    expect("cron's line says", typed(line.partition(" freerad ")[2], user="freerad"), "")
    apt(f"install {package}")
    expect("installed again, settings, policy, secrets", changes(kept, snapshot(SETTINGS)), [])
    typed("radtune policy check")
    expect("the store counts again", "LAPTOP-2" in typed("radtune devices"), True)
    apt("remove radtune radtune-web")


def _purge(server: Server, package: str, before: Snapshot) -> None:
    step("Purge the package, with links of the operator's that would lead nowhere")
    switch_on()
    switch_off(keep_links=True)
    apt("purge radtune radtune-web")
    server.restart()
    answers = stock_answers()
    say(f"the server starts, and answers: {answers}")
    expect("changes in /etc since before the installation", changes(before, snapshot()), [])
    expect("what is left of radtune", typed(LEFTOVERS), "")
