#!/bin/sh
# Installs jit from a release into ~/.local, after comparing its SHA-256 with that of the release:
#
#   sh install.sh [--version 0.1.0] [--prefix ~/.local] [--from URL-OR-FOLDER]
#
# It needs no root, changes no file outside the prefix, and edits no shell configuration. --from names another place with the
# files of a release, such as a mirror or a folder. Whoever can change the release can change the checksum with it:
# docs/install.md says how to verify where both come from.
set -eu

releases='@RELEASES@'
version='@VERSION@'
prefix=$HOME/.local
fail() { echo "install: $*" >&2; exit 1; }

while [ $# -gt 0 ]; do
    case "$1" in
    --version) [ $# -gt 1 ] || fail "--version needs a version" && version=$2 && shift 2 ;;
    --prefix) [ $# -gt 1 ] || fail "--prefix needs a folder" && prefix=$2 && shift 2 ;;
    --from) [ $# -gt 1 ] || fail "--from needs a URL or a folder" && releases=$2 && shift 2 ;;
    *) fail "usage: install.sh [--version VERSION] [--prefix FOLDER] [--from URL-OR-FOLDER]" ;;
    esac
done

case "$(uname -s) $(uname -m)" in
'Linux x86_64') target=x86_64-unknown-linux-musl ;;
'Linux aarch64' | 'Linux arm64') target=aarch64-unknown-linux-musl ;;
Darwin\ *) target=universal-apple-darwin ;;
*) fail "there is no release for $(uname -s) on $(uname -m): build it with cargo install --locked --path ." ;;
esac
name=jit-$version-$target

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
get() {
    case "$releases" in
    https://*) curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --output "$folder/$1" "$releases/$1" ;;
    *://*) fail "$releases is not an https URL" ;;
    *) cp "$releases/$1" "$folder/$1" ;;
    esac || fail "cannot get $1 from $releases"
}
get "$name.tar.gz"
get SHA256SUMS

expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$name\.tar\.gz\$/\1/p" "$folder/SHA256SUMS")
[ -n "$expected" ] || fail "SHA256SUMS does not list $name.tar.gz"
if command -v sha256sum >/dev/null; then sum=$(sha256sum <"$folder/$name.tar.gz"); else sum=$(shasum -a 256 <"$folder/$name.tar.gz"); fi
[ "${sum%% *}" = "$expected" ] || fail "the SHA-256 of $name.tar.gz is ${sum%% *}, and SHA256SUMS says $expected; nothing was installed"

mkdir -p "$prefix"
tar -xzf "$folder/$name.tar.gz" -C "$prefix" --strip-components=1
echo "installed $("$prefix/bin/jit" --version) into $prefix"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "add $prefix/bin to your PATH" ;; esac
