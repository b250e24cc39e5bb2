# shellcheck shell=bash disable=SC2154
# Sourced by dev. Installs the Debian packages of dev.d/packages that are missing; without any, touches neither network nor system.

libssh_oldest=0.10.6-0+deb12u3 # the fixes of that update are in code every connection runs through

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
available() { apt-cache show "$1" >/dev/null 2>&1; }
libssh_version() { dpkg-query -W -f '${Version}' libssh-dev 2>/dev/null || true; }
libssh_is_current() { dpkg --compare-versions "$(libssh_version)" ge "$libssh_oldest"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -- "$@"; fi
}

# Prints the entries of dev.d/packages nothing installed satisfies.
missing_packages() {
    local have entry names name
    have=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | tr '\n' ' ')"
    while read -r entry; do
        case $entry in '' | '#'*) continue ;; esac
        IFS='|' read -ra names <<<"$entry"
        for name in "${names[@]}"; do
            case $have in *" $name "*) continue 2 ;; esac
        done
        echo "$entry"
    done <"$top/dev.d/packages"
    # npm builds the console's pages. A node from elsewhere brings its own, which Debian's package would conflict with.
    if ! command -v npm >/dev/null; then printf '%s\n' nodejs npm; fi
}

setup() {
    command -v apt-get >/dev/null || die 'this is not a Debian: Anteroom is built on Debian 12 (see dev.d/packages for what it needs)'
    local missing
    mapfile -t missing < <(missing_packages)
    if installed libssh-dev && ! libssh_is_current; then missing+=(libssh-dev); fi
    if [ ${#missing[@]} -gt 0 ]; then
        step "Debian packages (${#missing[@]} to install)" install_packages "${missing[@]}"
        mapfile -t missing < <(missing_packages)
        [ ${#missing[@]} = 0 ] || die "still missing after apt-get: ${missing[*]}"
    fi
    libssh_is_current || die "libssh-dev $(libssh_version) is older than $libssh_oldest, which the SSH proxy needs: enable Debian's security suite and run this again"
    # sshd, run as root by the tests, wants its empty directory, which only a started service would have made.
    if [ "$(id -u)" = 0 ]; then install -d -m 0755 /run/sshd; fi
}

# install_packages ENTRY...
install_packages() {
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        die "packages are missing, and this is neither root nor is there sudo. As root: apt-get install ${*//|*/}"
    fi
    as_root apt-get update -qq || echo 'apt-get update failed: going on with the lists there are' >&2
    local entry names name wanted=()
    for entry in "$@"; do
        IFS='|' read -ra names <<<"$entry"
        for name in "${names[@]}"; do
            if available "$name"; then
                wanted+=("$name")
                continue 2
            fi
        done
        die "no Debian package $entry in this machine's sources"
    done
    local had_sshd=yes had_xrdp=yes
    installed openssh-server || had_sshd=no
    installed xrdp || had_xrdp=no
    services_forbidden apt_install "${wanted[@]}"
    # An sshd or xrdp that came with us for the tests shall not listen after the next boot either.
    if [ "$had_xrdp" = no ] && installed xrdp && command -v systemctl >/dev/null; then
        as_root systemctl disable xrdp.service xrdp-sesman.service >/dev/null 2>&1 || true
    fi
    if [ "$had_sshd" = no ] && installed openssh-server && command -v systemctl >/dev/null; then
        as_root systemctl disable ssh.service ssh.socket >/dev/null 2>&1 || true
    fi
}

# Its output goes to build/packages.log; what is shown is how far it has come.
apt_install() {
    mkdir -p build
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get install -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" </dev/null 2>&1 |
        tee build/packages.log |
        awk -v began="$(date +%s)" '
            function say(what) { printf "   %4d s  %s\n", systime() - began, what; fflush() }
            /^(E|W|Err|dpkg|Need to get|Fetched|After this|[0-9]+ upgraded)[: ]/ { say($0) }
            /^Get:[0-9]+ / && ++got % 40 == 0 { say(got " packages fetched") }
            /^Unpacking / && ++unpacked % 40 == 0 { say(unpacked " packages unpacked") }
            /^Setting up / && ++done % 40 == 0 { say(done " packages set up") }'
}

# Runs a command while no package may start or restart a service; the machine's own policy-rc.d is put back whatever happens.
services_forbidden() (
    policy=/usr/sbin/policy-rc.d
    # shellcheck disable=SC2317 # called by the trap
    put_back() {
        if as_root test -e $policy.before-anteroom; then as_root mv -f $policy.before-anteroom $policy; else as_root rm -f $policy; fi
    }
    # A copy left by a run that was killed is the machine's true policy: it is not overwritten.
    if as_root test -e $policy && ! as_root test -e $policy.before-anteroom && ! grep -qs 'dev of Anteroom' $policy; then
        as_root cp -a $policy $policy.before-anteroom
    fi
    trap put_back EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\n# Written by dev of Anteroom for the length of one installation.\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    "$@"
)
