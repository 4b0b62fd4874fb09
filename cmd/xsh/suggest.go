package main

import (
	"strings"
)

// nearest returns which of the words somebody most likely meant by typed, or ""
// if none is near: the one with the fewest slips between, of letters that are
// left out, too many, wrong or swapped. Upper and lower case are one.
func nearest(typed string, words []string) string {
	best, fewest := "", 1+max(1, len(typed)/3)
	if len(typed) < 2 {
		fewest = 1 // only another case
	}
	for _, word := range words {
		if n := slips(strings.ToLower(typed), strings.ToLower(word), fewest); n < fewest {
			best, fewest = word, n
		}
	}
	return best
}

// slips counts what makes a of b, as Damerau and Levenshtein count. It may give
// up at most.
func slips(a, b string, most int) int {
	if len(a)-len(b) >= most || len(b)-len(a) >= most {
		return most
	}
	var before []int // the row before last
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := last[j-1]
			if a[i-1] != b[j-1] {
				wrong++
			}
			row[j] = min(wrong, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// elsewhere leads from the words of other tools to ours.
var elsewhere = map[string]string{
	// tmux
	"new-session":     "xsh new starts a session",
	"attach-session":  "xsh attach comes back to a session",
	"detach-client":   "xsh detach detaches the clients of a session",
	"list-sessions":   "xsh ls lists the sessions",
	"ls-sessions":     "xsh ls lists the sessions",
	"has-session":     "xsh ls -q lists the names of sessions",
	"kill-session":    "xsh help tells how a session is ended",
	"kill-server":     "xsh help server tells how the server is stopped",
	"start-server":    "xsh server start starts the server, which also starts by itself",
	"rename-session":  "xsh rename gives a session another name",
	"switch-client":   "xsh switch goes to another session",
	"send-keys":       "xsh send types into a session",
	"capture-pane":    "xsh capture prints what a session shows",
	"respawn-pane":    "xsh respawn starts an ended session's command again",
	"source-file":     "xsh config shows the settings",
	"split-window":    "xsh has no windows and panes: xsh new starts another session",
	"new-window":      "xsh has no windows and panes: xsh new starts another session",
	"list-windows":    "xsh has no windows and panes: xsh ls lists the sessions",
	"display-message": "xsh ls -o wide tells of the sessions",
	// screen, shpool, zmx, docker, and what a person would try
	"create": "xsh new starts a session", "start": "xsh new starts a session", "open": "xsh new starts a session",
	"exec":   "xsh run runs a command line in a session, xsh new NAME -- COMMAND in a new one",
	"resume": "xsh attach comes back to a session", "reattach": "xsh attach comes back to a session",
	"join": "xsh attach comes back to a session", "connect": "xsh attach comes back to a session",
	"enter": "xsh attach comes back to a session", "att": "xsh attach comes back to a session",
	"leave": "xsh detach detaches the clients of a session",
	"ps":    "xsh ls lists the sessions", "sessions": "xsh ls lists the sessions", "show": "xsh ls lists the sessions",
	"status": "xsh ls lists the sessions, xsh server status tells of the server",
	"stop":   "xsh server stop stops the server; xsh help tells how a session is ended",
	"end":    "xsh help tells how a session is ended", "quit": "xsh help tells how a session is ended",
	"remove": "xsh help tells how an ended session is forgotten", "delete": "xsh help tells how an ended session is forgotten",
	"settings": "xsh config shows the settings", "set": "xsh config shows the settings", "get": "xsh config shows the settings",
	"man": "xsh help lists the commands",
}

// destroys tells the commands that are never suggested for a word that is only
// near: to try one is to lose something.
func destroys(command string) bool { return command == "kill" || command == "rm" || command == "down" }
