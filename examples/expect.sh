#!/bin/sh
# Answers a program that asks, as a script for expect(1) would: each step waits for what
# is on the screen, and the program's status is the script's. It needs xsh in PATH.
set -eu
name=$(xsh new -d ask -- sh -c '
	printf "user? "; read -r user
	stty -echo; printf "password? "; read -r password; stty echo
	echo; [ "$password" = secret ] || exit 3
	echo "welcome, $user"; exit 0')
trap 'xsh rm "$name" 2>/dev/null || xsh kill "$name"' EXIT

xsh wait "$name" --for 'text=user\? $' --timeout 60s >&2
xsh send "$name" ada --enter
xsh wait "$name" --for 'text=password\? $' --timeout 60s >&2
xsh send "$name" "${1:-secret}" --enter
code=$(xsh wait "$name" --timeout 60s -o json | sed -n 's/.*"code": \([0-9]*\).*/\1/p')
xsh capture "$name"
exit "$code"
