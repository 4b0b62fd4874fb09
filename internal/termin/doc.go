// Package termin reads what a user's terminal sends, and writes keys as a
// terminal would send them.
//
// A [Tokenizer] cuts the bytes into tokens: a key pressed or let go, text, a
// paste, a mouse button, the focus, the answer to a query, another report. Every
// token keeps its bytes, and all tokens one after the other are the input. What
// else reads a terminal is built on these tokens:
//
//   - [Detach] finds the detach key, in whatever encoding its keys come;
//   - [Fence] reads a terminal's last answers and keeps what was typed meanwhile;
//   - [AnswerKind] says which query an answer is for.
//
// [ParseKey] reads a key's name and [Encode] gives the bytes of that key in the
// encoding that a program asked for.
//
// Nothing here has a goroutine, a clock or a file, and nothing is safe for
// concurrent use. Where time decides (an ESC may be a key, or the beginning of
// one) Held says what is waited for, and the caller calls Flush when its time is
// up. Everything that is kept is bounded.
//
// Sources: ctlseqs.txt of xterm
// (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html), its page on modified
// keys (https://invisible-island.net/xterm/modified-keys.html), and the kitty
// keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
package termin
