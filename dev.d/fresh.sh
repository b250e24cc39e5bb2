# shellcheck shell=bash disable=SC2154
# Sourced by dev. A bare Debian 12 in a folder, with nothing but git, in which a clone of this checkout must build and pass.
# All mounts live in a mount namespace, all processes in a process namespace: when the one process that holds both ends, however it
# ends, both are gone, and removing the folder cannot reach anything of the machine's.

debian=bookworm

# fresh [WHAT]...: runs `./dev WHAT` (check) inside.
fresh() {
    [ $# -gt 0 ] || set -- check
    [ "$(id -u)" = 0 ] || exec sudo -- env KEEP="${KEEP:-}" "$top/dev" check --fresh "$@"
    git rev-parse -q --verify HEAD >/dev/null || die 'nothing is committed yet, and --fresh clones what is committed'
    [ -z "$(git status --porcelain)" ] || echo 'note: what is not committed is not in the clone'
    installed debootstrap || step 'debootstrap' install_packages debootstrap
    fresh_root=$(mktemp -d "${TMPDIR:-/tmp}/anteroom-fresh.XXXXXX")
    chmod 755 "$fresh_root"
    inside=
    trap fresh_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP

    step "a bare Debian ($debian) in $fresh_root" bare_debian
    step 'a clone of HEAD' git clone -q --no-local "$top" "$fresh_root/srv/anteroom"
    echo "== inside: ./dev $*"
    # In the background, because a shell only heeds a signal while it waits.
    unshare --mount --propagation private --pid --fork --kill-child -- bash -c "$(declare -f in_namespaces inside_environment); in_namespaces \"\$@\"" in_namespaces "$fresh_root" ./dev "$@" &
    inside=$!
    local status=0
    wait "$inside" || status=$?
    inside=
    exit $status
}

fresh_end() {
    trap '' INT TERM HUP
    if [ -n "$inside" ]; then
        kill -KILL "$inside" 2>/dev/null || true
        wait "$inside" 2>/dev/null || true
    fi
    if [ -n "${KEEP:-}" ]; then
        echo "kept: $fresh_root" >&2
    else
        rm -rf --one-file-system "$fresh_root"
    fi
}

# The machine's own mirrors of Debian, as "URI SUITE COMPONENT" lines.
debian_sources() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v d=$debian '$3 == "main" && ($2 == d || $2 == d "-updates" || $2 == d "-security" || $2 == d "/updates")' | sort -u
}

bare_debian() {
    local mirror root=$fresh_root proxy
    mirror=$(debian_sources | awk -v d=$debian '$2 == d {print $1; exit}')
    [ -n "$mirror" ] || die "this machine's apt knows no $debian: nothing to take a bare Debian from"
    # What lets this machine reach its mirror lets debootstrap, too.
    proxy=$(apt-config shell p Acquire::http::Proxy | sed -n "s/^p='\(.*\)'$/\1/p")
    [ -z "$proxy" ] || [ -n "${http_proxy:-}" ] || export http_proxy=$proxy
    debootstrap --variant=minbase "$debian" "$root" "$mirror" >"$root/debootstrap.out" 2>&1 || { tail -n 20 "$root/debootstrap.out" >&2; return 1; }
    debian_sources | sed 's/^/deb /' >"$root/etc/apt/sources.list"
    apt-config dump --format '%f "%v";%n' | grep -iE '^Acquire::(https?|ftp)::proxy|^Acquire::https::(CaInfo|Verify)' >"$root/etc/apt/apt.conf.d/01machine" || true
    cp -a /etc/apt/trusted.gpg.d/. "$root/etc/apt/trusted.gpg.d/" 2>/dev/null || true
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    mkdir -p "$root/etc/ssl/certs" "$root/usr/local/share/ca-certificates"
    cp -aL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null || true
    # Nothing but git.
    unshare --mount --propagation private --pid --fork --kill-child -- \
        bash -c "$(declare -f in_namespaces inside_environment); in_namespaces \"\$@\"" in_namespaces "$root" \
        sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends git && apt-get clean' </dev/null >"$root/root/git.log" 2>&1 ||
        { tail -n 20 "$root/root/git.log" >&2; return 1; }
}

# What a person who just logged in would have, and the machine's way to the network.
inside_environment() {
    printf '%s\0' HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    env -0 | grep -zE '^(http_proxy|https_proxy|no_proxy|HTTP_PROXY|HTTPS_PROXY|NO_PROXY|CI)=' || true
}

# Runs as the first process of its namespaces: in_namespaces ROOT COMMAND...
in_namespaces() {
    set -euo pipefail
    local root=$1 node environment
    shift
    trap 'exit 130' INT TERM
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for node in null zero full random urandom tty; do
        touch "$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    mkdir "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,gid=5,mode=620 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s fd/0 "$root/dev/stdin"
    ln -s fd/1 "$root/dev/stdout"
    ln -s fd/2 "$root/dev/stderr"
    mapfile -d '' environment < <(inside_environment)
    if [ -d "$root/srv/anteroom" ]; then set -- env -C /srv/anteroom "$@"; fi
    chroot "$root" env -i "${environment[@]}" "$@"
}
