package tmuxwords

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// emptyVariables are those that tools ask for with all others and that say nothing of a
// session: modes that its terminal does not tell, alerts, groups, layouts.
const emptyVariables = ` alternate_saved_x alternate_saved_y buffer_name client_name client_tty config_files cursor_character
 history_bytes insert_flag mouse_sgr_flag next_session_id origin_flag
 pane_mode pane_path pane_search_string pane_start_path pane_tabs scroll_region_lower scroll_region_upper session_alerts
 session_attached_list session_group session_group_attached session_group_attached_list session_group_list
 session_group_many_attached session_group_size start_time window_active_clients_list window_active_sessions_list
 window_bigger window_cell_height window_cell_width window_layout window_linked_sessions_list window_offset_x window_offset_y
 window_stack_index window_visible_layout wrap_flag `

// zeroVariables are those that are false, or none, of every session.
const zeroVariables = ` pane_in_mode pane_input_off pane_marked pane_marked_set pane_pipe pane_synchronized session_grouped
 session_marked window_activity_flag window_bell_flag window_linked window_marked_flag window_silence_flag
 window_zoomed_flag `

// listed reports whether a list has a name.
func listed(list, name string) bool {
	return slices.Contains(strings.Fields(list), name)
}

// variable is a variable's value for a pane.
func (c *call) variable(name string, p pane) (string, bool) {
	for _, about := range []func(string, pane) (string, bool){c.ofPane, c.ofScreen, c.ofProcess, c.ofWindow, c.ofSession, c.ofServer} {
		if value, known := about(name, p); known {
			return value, true
		}
	}
	switch {
	case listed(emptyVariables, name):
		return "", true
	case listed(zeroVariables, name):
		return "0", true
	case name == "": // #{} is nothing
		return "", false
	}
	o, err := optionNamed(name)
	if err != nil {
		return "", false
	}
	value := c.option(name, p)
	if o.kind == "flag" {
		value = truth(value == "on")
	}
	return value, true
}

func (c *call) ofServer(name string, p pane) (string, bool) {
	switch name {
	case "version":
		return Version, true
	case "socket_path":
		return filepath.Join(c.Socket, c.Server), true
	case "pid":
		return "0", true // the server may be another process soon
	case "uid":
		return strconv.Itoa(os.Getuid()), true
	case "user":
		if u, err := user.Current(); err == nil {
			return u.Username, true
		}
		return "", true
	case "host", "host_short":
		host, _ := os.Hostname()
		if name == "host_short" {
			host, _, _ = strings.Cut(host, ".")
		}
		return host, true
	case "line":
		return strconv.Itoa(c.line), true
	}
	return "", false
}

func (c *call) ofSession(name string, p pane) (string, bool) {
	group := c.panes.group(p.name)
	switch name {
	case "session_name":
		return p.name, true
	case "session_id":
		return id('$', p.session), true
	case "session_windows":
		return strconv.Itoa(len(group.windows())), true
	case "session_created":
		return seconds(group[0].CreatedAt), true
	case "session_activity", "session_last_attached":
		return latest(group, name == "session_activity"), true
	case "session_attached":
		return strconv.Itoa(clients(group)), true
	case "session_many_attached":
		return truth(clients(group) > 1), true
	case "session_path":
		return group[0].Dir, true
	case "session_format":
		return truth(c.word == "list-sessions"), true
	case "session_stack", "last_window_index", "active_window_index":
		all := group.windows()
		at := []string{strconv.Itoa(group.current().index)}
		if name == "last_window_index" {
			at[0] = strconv.Itoa(all[len(all)-1].index)
		}
		for _, w := range all {
			if name == "session_stack" && w.window != group.current().window {
				at = append(at, strconv.Itoa(w.index))
			}
		}
		return strings.Join(at, ","), true
	}
	return "", false
}

// clients is how many are attached to the panes.
func clients(ps panes) (n int) {
	for _, p := range ps {
		n += p.Clients
	}
	return n
}

// latest is when a pane was used last, or attached to.
func latest(ps panes, used bool) string {
	var at time.Time
	for _, p := range ps {
		times := []time.Time{p.AttachedAt}
		if used {
			times = []time.Time{p.CreatedAt, p.AttachedAt, p.UsedAt}
		}
		at = slices.MaxFunc(append(times, at), time.Time.Compare)
	}
	return seconds(at)
}

func seconds(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

func (c *call) ofWindow(name string, p pane) (string, bool) {
	window, all := c.panes.window(p.window), c.panes.group(p.name).windows()
	active := c.panes.group(p.name).current().window == p.window
	switch name {
	case "window_id":
		return id('@', p.window), true
	case "window_index":
		return strconv.Itoa(p.index), true
	case "window_name":
		return p.windowName, true
	case "window_panes":
		return strconv.Itoa(len(window)), true
	case "window_active":
		return truth(active), true
	case "window_flags", "window_raw_flags":
		switch {
		case active:
			return "*", true
		case c.lastWindow(p):
			return "-", true
		}
		return "", true
	case "window_last_flag":
		return truth(c.lastWindow(p)), true
	case "window_start_flag":
		return truth(all[0].window == p.window), true
	case "window_end_flag":
		return truth(all[len(all)-1].window == p.window), true
	case "window_active_clients":
		return strconv.Itoa(clients(window)), true
	case "window_active_sessions":
		return truth(active), true
	case "window_linked_sessions":
		return "1", true
	case "window_activity":
		return latest(window, true), true
	case "window_format":
		return truth(c.word == "list-windows"), true
	case "window_width":
		return strconv.Itoa(p.Size.Cols), true
	case "window_height":
		return strconv.Itoa(p.Size.Rows), true
	}
	return "", false
}

// lastWindow reports whether a pane's window was the active one before.
func (c *call) lastWindow(p pane) bool {
	group := c.panes.group(p.name)
	now := group.current().window
	before := group.where(func(q pane) bool { return q.window != now && q.active > 0 })
	return len(before) > 0 && before.current().window == p.window
}

func (c *call) ofPane(name string, p pane) (string, bool) {
	window := c.panes.window(p.window)
	switch name {
	case "pane_id":
		return id('%', p.number), true
	case "pane_index":
		return strconv.Itoa(window.place(p) + c.paneBase(p)), true
	case "pane_active":
		return truth(window.current().ID == p.ID), true
	case "pane_last":
		others := window.where(func(q pane) bool { return q.ID != window.current().ID && q.active > 0 })
		return truth(len(others) > 0 && others.current().ID == p.ID), true
	case "pane_dead":
		return truth(p.Exit != nil), true
	case "pane_dead_status", "pane_dead_signal", "pane_dead_time":
		return deadVariable(name, p), true
	case "pane_title":
		if given, is := c.kept.Titles[id('%', p.number)]; is && given.Over == p.Title {
			return given.Text, true
		}
		return p.Title, true
	case "pane_current_path":
		return p.Dir, true
	case "pane_start_command":
		if len(p.Command) == 3 && p.Command[1] == "-c" { // as it was given
			return quoted(p.Command[2]), true
		}
		return strings.Join(p.Command, " "), true
	case "pane_format":
		return truth(c.word != "list-sessions" && c.word != "list-windows"), true
	case "pane_at_bottom", "pane_at_left", "pane_at_right", "pane_at_top": // each has all of its screen
		return "1", true
	case "pane_left", "pane_top":
		return "0", true
	case "pane_right":
		return strconv.Itoa(p.Size.Cols - 1), true
	case "pane_bottom":
		return strconv.Itoa(p.Size.Rows - 1), true
	case "pane_width":
		return strconv.Itoa(p.Size.Cols), true
	case "pane_height":
		return strconv.Itoa(p.Size.Rows), true
	case "pane_bg", "pane_fg":
		return "default", true
	case "history_limit":
		return c.option("history-limit", p), true
	}
	return "", false
}

// deadVariable tells how and when a pane ended that remains.
func deadVariable(name string, p pane) string {
	switch {
	case p.Exit == nil:
		return ""
	case name == "pane_dead_time":
		return seconds(p.EndedAt)
	case name == "pane_dead_status" && p.Exit.Signal == "":
		return strconv.Itoa(p.Exit.Code)
	case name == "pane_dead_signal" && p.Exit.Signal != "":
		n, err := exec.SignalNumber(p.Exit.Signal)
		if err == nil {
			return strconv.Itoa(int(n))
		}
	}
	return ""
}

// ofScreen are the variables for which the terminal has to be looked at.
func (c *call) ofScreen(name string, p pane) (string, bool) {
	tell := map[string]func(*exec.Screen) string{
		"cursor_flag":        func(s *exec.Screen) string { return truth(s.Cursor.Visible) },
		"cursor_x":           func(s *exec.Screen) string { return strconv.Itoa(s.Cursor.Col) },
		"cursor_y":           func(s *exec.Screen) string { return strconv.Itoa(s.Cursor.Row) },
		"history_size":       func(s *exec.Screen) string { return strconv.Itoa(s.HistoryLines) },
		"alternate_on":       func(s *exec.Screen) string { return truth(s.Modes.AlternateScreen) },
		"keypad_cursor_flag": func(s *exec.Screen) string { return truth(s.Modes.AppCursor) },
		"keypad_flag":        func(s *exec.Screen) string { return truth(s.Modes.AppKeypad) },
		"mouse_any_flag": func(s *exec.Screen) string {
			return truth(listed("vt200 button any", s.Modes.Mouse))
		},
		"mouse_standard_flag": func(s *exec.Screen) string { return truth(s.Modes.Mouse == "vt200") },
		"mouse_button_flag":   func(s *exec.Screen) string { return truth(s.Modes.Mouse == "button") },
		"mouse_all_flag":      func(s *exec.Screen) string { return truth(s.Modes.Mouse == "any") },
	}[name]
	if tell == nil {
		return "", false
	}
	if c.screen == nil || c.screen.SessionID != p.ID {
		screen, err := c.sessions.Capture(c.request(), p.ID, exec.CaptureOptions{})
		if err != nil { // it has no screen, or has gone just now
			screen = &exec.Screen{SessionID: p.ID}
		}
		c.screen = screen
	}
	return tell(c.screen), true
}

// ofProcess are the variables about the processes on a pane's terminal.
func (c *call) ofProcess(name string, p pane) (string, bool) {
	switch name {
	case "pane_pid", "pane_tty", "pane_current_command":
	default:
		return "", false
	}
	if c.process.session != p.ID {
		c.process = processOf(p.Session)
	}
	switch name {
	case "pane_pid":
		return c.process.pid, true
	case "pane_tty":
		return c.process.tty, true
	}
	return cmp.Or(c.process.command, p.windowName), true
}

// process is what the system tells of the program of a session.
type process struct{ session, pid, tty, command string }
