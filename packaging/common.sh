# Shared by quickstart and check: the Debian packages, the official CLI, the build. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)

die() {
        echo "${0##*/}: $*" >&2
        exit 1
}

as_root() {
        if [ "$(id -u)" -eq 0 ]; then
                "$@"
        else
                sudo "$@"
        fi
}

# install_packages LIST…: installs those of the lists that are not there yet; touches nothing when all are.
install_packages() {
        local missing=() name

        command -v apt-get >/dev/null || die "apt-get is missing: this script installs Debian 12's packages"
        while read -r name; do
                [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
        done < <(sed -e '/^#/d' -e '/^$/d' "$@")
        if [ ${#missing[@]} -eq 0 ]; then
                return
        fi
        echo "installing: ${missing[*]}"
        as_root apt-get -qq update
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"
}

# The official CLI is a referee of the tests, not a part of tandem. It is big and slow to install, so it is kept.
oci_cli_version=3.95.1
oci_cli_venv=${TANDEM_OCI_CLI:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem/oci-cli-$oci_cli_version}

install_oci_cli() {
        if [ -e "$oci_cli_venv/complete" ]; then
                return
        fi
        /usr/bin/python3 -m venv --clear "$oci_cli_venv"
        "$oci_cli_venv/bin/pip" install -q --disable-pip-version-check "oci-cli==$oci_cli_version"
        "$oci_cli_venv/bin/oci" --version
        touch "$oci_cli_venv/complete"
}

# What build_in builds; empty: all.
build_targets=()

# build_in DIR [MESON OPTION…]: sets the directory up, anew when the options are others than the last time, and builds; with
# ccache where it is installed, for the same sources are compiled in several trees.
build_in() {
        local dir=$1 wanted

        shift
        export CCACHE_DIR=${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tandem/ccache} CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
        export CCACHE_MAXSIZE=1G
        if command -v ccache >/dev/null; then
                export CC="ccache ${CC:-cc}"
        fi
        wanted="${CC:-cc} $*"
        if [ ! -e "$dir/build.ninja" ] || [ "$(cat "$dir/.options" 2>/dev/null)" != "$wanted" ]; then
                rm -rf "$dir"
                meson setup "$@" "$dir" "$root"
                echo "$wanted" >"$dir/.options"
        fi
        ninja -C "$dir" -j "$jobs" "${build_targets[@]}"
}
