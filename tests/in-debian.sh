#!/bin/bash
# Run a command on a copy of this checkout, in a clean root of a Debian release:
#
#   tests/in-debian.sh SUITE COMMAND...
#
# On a machine of that release the command runs here, as it is. Elsewhere debootstrap makes the root from this machine's
# own mirror, with $PACKAGES in it. The root is kept in $ROOTS and never changes in a run: a run writes into memory over
# it, so that several can go on at once and each finds a clean root. Processes and mounts are in namespaces that end with
# this script, however it ends.
#
# ROOTS     where roots are kept; only root may look into it (/var/cache/radtune-roots)
# MIRROR    a Debian mirror, in place of that of apt's sources
# PACKAGES  Debian packages that the root has to have
# CLEAN     if it isn't empty, a root is used on a machine of that release, too
set -euo pipefail

suite=$1
shift
roots=${ROOTS:-/var/cache/radtune-roots}
root=$roots/$suite
whole=$roots/$suite.whole # is there while nothing has broken off in the root
log=$roots/$suite.log
layer=$roots/layer # each run mounts its own there
tree=$(cd "$(dirname "$0")/.." && pwd)

fail() {
    echo "$0: $*" >&2
    exit 1
}

of_debian() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Codename: $VERSION_CODENAME" |
        sed -n 1p
}

mirror() {
    local found=${MIRROR:-$(of_debian)}
    if [ -z "$found" ]; then
        apt-get update -qq
        found=$(of_debian)
    fi
    case $found in
    mirror+file:*) sed -n '/^[a-z]/{s/[[:space:]].*//p;q}' "${found#mirror+file:}" ;;
    *) echo "$found" ;;
    esac
}

# What the command takes over from the environment: how this machine reaches its mirror and Python's packages, and CI.
environment() {
    env | grep -E '^(CI|TERM|PIP_[A-Z_]+|[a-z]+_proxy|[A-Z]+_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE)='
}

# Give a root what this machine needs to reach its mirror.
connect() {
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
    apt-config dump | grep -E '^Acquire::(https?::|Check-|Retries|Force)' | grep -v Detect >"$1/etc/apt/apt.conf.d/90host" || :
    if [ -d /usr/local/share/ca-certificates ]; then
        cp -RL /usr/local/share/ca-certificates "$1/usr/local/share/"
    fi
    chroot "$1" update-ca-certificates >/dev/null
}

# Give a root what this machine needs to reach Python's packages: pip's configuration, and the files it names.
connect_pip() {
    local file path configuration=()
    for file in /etc/pip.conf /etc/xdg/pip/pip.conf ~/.pip/pip.conf ~/.config/pip/pip.conf "${PIP_CONFIG_FILE:-}"; do
        [ ! -f "$file" ] || configuration+=("$file")
    done
    [ ${#configuration[@]} -eq 0 ] || cp --parents "${configuration[@]}" "$1"
    { cat /dev/null "${configuration[@]}" && environment; } | grep -oE '(^|[= ])(file:/*)?/[^ :]*' | tr -d '= ' | sort -u |
        while read -r path; do
            case $path in
            file:*) path=$(dirname "/${path#file:*(/)}") ;; # the pages of an index name files beside it
            esac
            [ -e "$path" ] && [ ! -e "$1$path" ] || continue
            mkdir -p "$1$(dirname "$path")"
            if [ -d "$path" ]; then
                mkdir -p "$1$path"
                mount --bind -o ro "$path" "$1$path"
            else
                cp "$path" "$1$path"
            fi
        done
}

# Run a command in a root; the mounts that it wants are gone afterwards.
enter() {
    local variables
    mapfile -t variables < <(environment)
    unshare --mount bash -ec '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        mount --rbind /sys "$1/sys"
        mount -t tmpfs -o mode=0755 tmpfs "$1/run"
        mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
        exec chroot "$@"
    ' enter "$1" /usr/bin/env -i HOME="$HOME" LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" "${@:2}"
}

missing_packages() {
    local name
    for name in $PACKAGES; do
        dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed ||
            echo "$name"
    done
}

is_complete() {
    [ -e "$whole" ] && [ -z "$(missing_packages)" ]
}

make_root() {
    local from
    from=$(mirror)
    [ -n "$from" ] || fail "apt's sources name no mirror of Debian; set MIRROR to one"
    rm -rf --one-file-system "$root"
    if [ -z "${http_proxy:-}" ]; then
        eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
        [ "${http_proxy:-DIRECT}" = DIRECT ] || export http_proxy
    fi
    debootstrap --variant=minbase --include=ca-certificates,make "$suite" "$root" "$from"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # nothing is started in it
    chmod 755 "$root/usr/sbin/policy-rc.d"
}

# Make the root, or add packages to it.
complete_root() {
    [ -e "$whole" ] || make_root
    rm -f "$whole"
    connect "$root"
    enter "$root" apt-get update -qq
    # shellcheck disable=SC2046  # one word a package
    enter "$root" apt-get install -y -qq --no-install-recommends $(missing_packages)
    enter "$root" apt-get clean
    touch "$whole"
}

if [ "${IN_DEBIAN:-}" != "$suite" ]; then
    . /etc/os-release
    [ "${VERSION_CODENAME:-}" != "$suite" ] || [ -n "${CLEAN:-}" ] || exec "$@"
    [ "$(id -u)" -eq 0 ] || fail "only root can make and enter a root of Debian $suite"
    command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap >&2; }
    mkdir -p -m 700 "$roots" "$layer"
    # Each of these ends when the one that started it does, and the last one is the namespace's first process.
    IN_DEBIAN=$suite exec setpriv --pdeathsig KILL unshare --mount --pid --fork --mount-proc \
        setpriv --pdeathsig KILL bash "$0" "$suite" "$@"
fi
shopt -s extglob
. /etc/os-release
exec 9>"$roots/$suite.lock"
flock --shared 9
while ! is_complete; do
    flock --exclusive 9 # runs that use the root end first
    if ! is_complete; then
        echo "making $root, a root of Debian $suite; what it does is in $log" >&2
        set +e
        (set -e && complete_root) >"$log" 2>&1
        made=$?
        set -e
        [ $made -eq 0 ] || fail "no root of Debian $suite could be made; $log ends so:"$'\n'"$(tail -n 5 "$log")"
    fi
    flock --shared 9
done
mount -t tmpfs -o mode=0755 tmpfs "$layer"
mkdir "$layer"/{upper,work,root}
mount -t overlay -o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
connect "$layer/root"
connect_pip "$layer/root"
mkdir "$layer/root/src"
tar -C "$tree" --exclude=./.git --exclude=./.venv --exclude='./.*_cache' --exclude=__pycache__ -c . |
    tar -C "$layer/root/src" --no-same-owner -x
enter "$layer/root" bash -c 'cd /src && exec "$@"' bash "$@"
