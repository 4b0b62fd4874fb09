#!/bin/sh
# Unpacks a deb into a fresh root and has its xsh start, list and end a session.
set -eu
if ! command -v dpkg-deb >/dev/null; then
	echo "there is no dpkg-deb here: the package was not tried"
	exit 0
fi
root=$(mktemp -d)
export HOME="$root/home" XSH_DIR="$root/run" XDG_STATE_HOME="$root/state" XDG_CONFIG_HOME="$root/config"
xsh=$root/usr/bin/xsh
trap '"$xsh" server stop --force >/dev/null 2>&1 || true; rm -rf "$root"' EXIT
dpkg-deb -x "$1" "$root"
mkdir -p "$HOME"
for file in share/man/man1/xsh.1.gz share/man/man1/xsh-attach.1.gz share/systemd/user/xsh.socket \
	share/bash-completion/completions/xsh share/zsh/site-functions/_xsh share/fish/vendor_completions.d/xsh.fish; do
	test -s "$root/usr/$file" || { echo "the package lacks usr/$file"; exit 1; }
done
"$xsh" new -d job -- sh -c 'echo done; exec sleep 1000'
"$xsh" wait job --for text=done --timeout 30s
"$xsh" ls -q | grep -qx job
"$xsh" kill job
test -z "$("$xsh" ls -q)"
echo "the package works: $("$xsh" --version)"
