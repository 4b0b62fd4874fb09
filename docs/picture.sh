#!/bin/sh
# Makes docs/first-session.svg, the picture in the README: a first session as a person
# has it, typed into a real shell that is itself a session, and drawn by xsh. Run it
# with make picture, and look at what comes out.
set -eu
xsh=$1 out=$2
top=$(mktemp -d /tmp/xsh-picture.XXXXXX)
trap 'XSH_DIR=$top/o "$xsh" server stop --force 2>/dev/null; XSH_DIR=$top/i "$xsh" server stop --force 2>/dev/null; rm -rf "$top"' EXIT
mkdir -p "$top/web" "$top/bin" "$top/state"
printf 'PS1="$ "\n' >"$top/.profile"
ln -s "$(command -v "$xsh")" "$top/bin/xsh"
export HOME="$top" XDG_CONFIG_HOME="$top" XDG_STATE_HOME="$top/state" ENV= SHELL=/bin/sh PS1='$ ' PATH="$top/bin:$PATH"
unset XDG_RUNTIME_DIR XSH_SESSION XSH_SESSION_ID XSH_SOCKET 2>/dev/null || true

# The terminal that the picture is of, with a server of its own beside the user's.
export XSH_DIR="$top/o"
xsh new -d terminal -c "$top/web" -e XSH_DIR="$top/i" -- sh >/dev/null
xsh resize terminal 76x19
type() { xsh send terminal "$1" --enter; }
shows() { xsh wait terminal --for "text=$1" --timeout 60s >/dev/null; }
shows '^\$'
type 'xsh new'
shows 'leaves'
shows '^\$ *$'
type 'for i in 1 2 3; do sleep 1; echo step $i; done; echo built'
shows '^step 1'
xsh send terminal -k 'C-\ C-\'
shows 'detached from web'
type 'xsh ls'
shows '^web +detached'
XSH_DIR="$top/i" xsh wait web --for 'text=^built' --timeout 60s >/dev/null
type 'xsh attach web'
shows '^built'
shows '^built\n\$'
xsh capture terminal --history all --svg >"$out"
