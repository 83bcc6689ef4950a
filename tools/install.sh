#!/bin/sh
# Put radtune where a Debian FreeRADIUS finds it, or take it away again. Called by the Makefile:
#   install.sh install|uninstall DESTDIR PREFIX RADDB STATEDIR USER
# A file that the operator has changed is never overwritten and never removed.
set -eu

action=$1 destdir=$2 prefix=$3 raddb=$4 statedir=$5 user=$6
here=$(cd "$(dirname "$0")/.." && pwd)
lib=$destdir$prefix/lib/radtune
config=$destdir$raddb
units="radtune-sync.service radtune-sync.timer radtune-changes.service radtune-changes.timer"

# Ownership is set on a real system only: a staged tree (DESTDIR) gets it from the packager.
owned() { [ -z "$destdir" ] && [ "$(id -u)" -eq 0 ] && id "$user" >/dev/null 2>&1; }

# A file as it is installed: with the user and the places of this installation in it.
render() {
    sed -e "s|\bfreerad\b|$user|g" -e "s|/usr/local/lib/radtune|$prefix/lib/radtune|g" \
        -e "s|/usr/local/bin|$prefix/bin|g" -e "s|/var/lib/radtune|$statedir|g" \
        -e "s|/etc/freeradius/3\.0|$raddb|g" "$1"
}

raddb_files() { (cd "$here/raddb" && find . -type f ! -name '*.pyc' | sed 's|^\./||' | LC_ALL=C sort); }

# The configuration belongs to the server's user: a link of his must not lead root elsewhere.
refuse_links() {
    (cd "$here/raddb" && find . -mindepth 1 | sed 's|^\./||') | while read -r name; do
        if [ -L "$config/$name" ]; then
            echo "$config/$name is a link; radtune installs nothing through it. Remove it and install again" >&2
            exit 1
        fi
    done
}

install_raddb() {
    refuse_links
    raddb_files | while read -r file; do
        target=$config/$file
        mkdir -p "$(dirname "$target")"
        if [ -e "$target" ] && ! render "$here/raddb/$file" | cmp -s - "$target"; then
            echo "kept your $target; the new one is $target.radtune-new" >&2
            target=$target.radtune-new
        fi
        render "$here/raddb/$file" | install -m 0640 /dev/stdin "$target"
        if owned; then chgrp -h "$user" "$target"; fi
    done
    if owned; then chgrp "$user" "$config/mods-config/radtune" && chmod 0750 "$config/mods-config/radtune"; fi
}

install_code() {
    rm -rf "$lib"
    for package in module/radtune tools/radtune_tools; do
        (cd "$here/$(dirname "$package")" && find "$(basename "$package")" -type f \( -name '*.py' -o -name '*.json' -o -name '*.yaml' \)) |
            while read -r file; do install -D -m 0644 "$here/$(dirname "$package")/$file" "$lib/$file"; done
    done
    mkdir -p "$lib/cron.d"
    render "$here/tools/cron.d/radtune" | install -m 0644 /dev/stdin "$lib/cron.d/radtune"
    mkdir -p "$lib/systemd"
    for unit in $units; do
        render "$here/tools/systemd/$unit" | install -m 0644 /dev/stdin "$lib/systemd/$unit"
    done
    install -D -m 0755 "$here/tools/radtune" "$destdir$prefix/bin/radtune"
    install -D -m 0644 "$here/tools/logrotate.d/radtune" "$destdir/etc/logrotate.d/radtune"
}

uninstall_raddb() {
    for link in mods-enabled/radtune sites-enabled/radtune sites-enabled/radtune-inner-tunnel sites-enabled/radtune-check-eap-tls; do
        if [ -L "$config/$link" ]; then rm -f "$config/$link"; fi
    done
    raddb_files | while read -r file; do
        rm -f "$config/$file.radtune-new"
        if render "$here/raddb/$file" | cmp -s - "$config/$file"; then
            rm -f "$config/$file"
        elif [ -e "$config/$file" ]; then
            echo "kept $config/$file, which you have changed" >&2
        fi
    done
    if [ -d "$config/mods-config/radtune" ] && ! rmdir "$config/mods-config/radtune" 2>/dev/null; then
        echo "kept what is in $config/mods-config/radtune; secrets may be among it" >&2
    fi
    used=$(grep -lsE '^[^#]*(radtune|radtune-inner-tunnel|radtune-check-eap-tls)' "$config/dictionary" \
        "$config"/sites-enabled/* "$config"/mods-enabled/* 2>/dev/null || true)
    if [ -n "$used" ]; then
        echo "these files still name radtune, and the server won't start until they don't:" >&2
        echo "$used" >&2
    fi
}

uninstall_file() {
    if render "$1" | cmp -s - "$2"; then rm -f "$2"; elif [ -e "$2" ]; then echo "kept $2, which you have changed" >&2; fi
}

# Timers that are switched on are switched off first, or they would start what is no longer there.
uninstall_units() {
    running() { [ -z "$destdir" ] && [ -d /run/systemd/system ]; }
    for unit in $units; do
        if running && [ -e "/etc/systemd/system/$unit" ]; then systemctl --quiet disable --now "$unit" || true; fi
        rm -f "$destdir/etc/systemd/system/timers.target.wants/$unit"
        uninstall_file "$here/tools/systemd/$unit" "$destdir/etc/systemd/system/$unit"
    done
    if running; then systemctl daemon-reload || true; fi
}

case $action in
install)
    install_code
    install_raddb
    mkdir -p "$destdir$statedir"
    if owned; then chown "$user": "$destdir$statedir" && chmod 0750 "$destdir$statedir"; fi
    echo "installed; the README's section Installation says how to switch it on"
    ;;
uninstall)
    rm -rf "$lib"
    rm -f "$destdir$prefix/bin/radtune"
    uninstall_file "$here/tools/logrotate.d/radtune" "$destdir/etc/logrotate.d/radtune"
    uninstall_units
    uninstall_file "$here/tools/cron.d/radtune" "$destdir/etc/cron.d/radtune"
    uninstall_raddb
    if [ -d "$destdir$statedir" ] && ! rmdir "$destdir$statedir" 2>/dev/null; then
        echo "kept the stores in $destdir$statedir; delete them if you want" >&2
    fi
    ;;
*)
    echo "usage: install.sh install|uninstall DESTDIR PREFIX RADDB STATEDIR USER" >&2
    exit 2
    ;;
esac
