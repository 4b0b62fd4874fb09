// Package tmuxwords does what the words of tmux say that scripts use most, with
// sessions: a session is a pane, and labels tell the tmux session and the window that
// it belongs to. The user sees and attaches to panes as to any other session.
//
// What is not understood, a word, a flag, a target, a variable of a format, an option,
// is an error that names it: a script that stops is better than one that does something
// else. A pane's number is made of its session's ID, so that two scripts at once need
// not agree on one; see [pane].
//
// What tmux would hold in its server, options, buffers and the channels of wait-for, is
// in files of a directory, see [kept]: it is there when the server was replaced, and
// goes with the last pane, as tmux's server does.
package tmuxwords
