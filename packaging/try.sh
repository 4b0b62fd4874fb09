#!/bin/sh
# try.sh PACKAGE... installs each package into a fresh root with the tool that it is
# for, has its xsh start, list and end a session, and removes it again: no file may be
# left. A package whose tool is not here is not tried, which is said.
set -eu
PATH=$PATH:/usr/sbin:/sbin # where dpkg looks for what it calls
export PATH
root=
finish() {
	if [ -n "$root" ]; then
		[ ! -x "$root/usr/bin/xsh" ] || xsh server stop --force >/dev/null 2>&1 || true
		rm -rf "$root"
	fi
}
trap finish EXIT

# xsh is the package's own, with nothing of ours in its environment.
xsh() {
	env -i PATH="$root/usr/bin:/usr/bin:/bin" HOME="$root/home" XSH_DIR="$root/run" TERM=xterm-256color \
		XDG_STATE_HOME="$root/state" XDG_CONFIG_HOME="$root/config" "$root/usr/bin/xsh" "$@"
}

# have tells whether there is a tool, or says that a package was not tried.
have() {
	command -v "$1" >/dev/null && return
	echo "there is no $1 here: ${2##*/} was not tried"
	return 1
}

fail() {
	echo "${package##*/}: $*"
	exit 1
}

# job is what xsh is for.
job() {
	for file in share/man/man1/xsh.1.gz share/man/man1/xsh-attach.1.gz share/systemd/user/xsh.socket \
		share/bash-completion/completions/xsh share/zsh/site-functions/_xsh share/fish/vendor_completions.d/xsh.fish; do
		test -s "$root/usr/$file" || fail "lacks usr/$file"
	done
	mkdir -p "$root/home"
	xsh new -d job -- sh -c 'echo done; exec sleep 1000' >/dev/null
	xsh wait job --for text=done --timeout 1m >/dev/null
	xsh ls -q | grep -qx job || fail "does not list its session"
	xsh kill job >/dev/null
	test -z "$(xsh ls -q)" || fail "does not end its session"
	version=$(xsh --version)
	xsh server stop --force >/dev/null 2>&1 || true
}

for package; do
	finish
	root=$(mktemp -d /tmp/xsh-pkg-XXXXXX) # short: a socket is in it
	case $package in
	*.deb)
		have dpkg "$package" || continue
		mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/var/log"
		: >"$root/var/lib/dpkg/status"
		tool() { dpkg --root="$root" --force-not-root "$@" >"$root/said" 2>&1 || fail "dpkg $1: $(cat "$root/said")"; }
		tool -i "$package"
		job
		tool --verify xsh
		tool --purge xsh
		;;
	*.rpm)
		have rpm "$package" || continue
		tool() { rpm --root "$root" "$@" >"$root/said" 2>&1 || fail "rpm $1: $(cat "$root/said")"; }
		tool --initdb
		tool -i --nosignature --ignorearch "$package"
		job
		tool -e xsh
		;;
	*.apk)
		have apk "$package" || continue
		tool() { apk --root "$root" --no-network "$@" >"$root/said" 2>&1 || fail "apk $1: $(cat "$root/said")"; }
		tool add --initdb --allow-untrusted "$package"
		job
		tool del xsh
		;;
	*)
		fail "is none of deb, rpm and apk"
		;;
	esac
	left=$(find "$root/usr" ! -type d 2>/dev/null || true)
	test -z "$left" || fail "leaves behind: $left"
	echo "${package##*/} works: $version"
done
