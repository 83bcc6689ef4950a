#!/bin/sh
# Put radtune where FreeRADIUS finds it, bring it up to date, or take it away again: install.sh install|uninstall.
# Called by the Makefile, with its variables in the environment. This part finds the Python; tools/installer does the rest.
set -eu

action=${1:-}
case $action in
install | uninstall) ;;
*)
    echo "usage: make install|uninstall [DESTDIR=] [PREFIX=] [RADDB=] [CONFDIR=] [STATEDIR=] [LOGDIR=] [RADIUS_USER=] [RADIUSD=] [PYTHON=]" >&2
    exit 2
    ;;
esac
here=$(cd "$(dirname "$0")/.." && pwd)
needed=$(sed -n 's/^requires-python = ">=3\.\([0-9]*\)"/\1/p' "$here/pyproject.toml")

minor() { "$1" -c 'import sys; print(sys.version_info[1])' 2>/dev/null; }

# The command's Python: what was told now, or the last time.
python=${PYTHON:-$(sed -n 's/^# PYTHON=//p' "$DESTDIR$PREFIX/lib/radtune/installed" 2>/dev/null || true)}
python=${python:-/usr/bin/python3}
case $python in */*) ;; *) python=$(command -v "$python" || echo "$python") ;; esac
if found=$(minor "$python"); then
    if [ "$found" -lt "$needed" ]; then
        echo "$python is Python 3.$found, and radtune needs 3.$needed or later. Install a later one beside it and name it:" >&2
        echo "  make $action PYTHON=/usr/bin/python3.12" >&2
        exit 1
    fi
    runner=$python
elif [ -n "$DESTDIR" ] && runner=$(command -v python3) && [ "$(minor "$runner")" -ge "$needed" ]; then
    : # The system that is staged has its own.
else
    echo "$python can't be run. Install Python 3.$needed or later, or name yours: make $action PYTHON=..." >&2
    exit 1
fi
export PYTHON="$python"

# Units that are switched on are switched off first, or they would start what is no longer there.
running() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }
if running && [ "$action" = uninstall ]; then
    for unit in radtune-sync.timer radtune-changes.timer radtune-push.service radtune-web.service; do
        if [ -e "/etc/systemd/system/$unit" ]; then systemctl --quiet disable --now "$unit" || true; fi
    done
fi
PYTHONPATH="$here/tools" "$runner" -B -m installer "$action"
if running; then systemctl daemon-reload || true; fi
