// Package rawtty is the terminal that the user sits at: raw mode and the way
// back, its size, reads and writes that never wait, and suspending as job
// control expects it; and [Wait], the one blocking wait of a client that looks
// at its terminal, its connection and its signals at once.
//
// A Terminal borrows the two files that it is opened on, as a rule os.Stdin and
// os.Stdout: it never closes them. It reads and writes through descriptors of
// its own, which it opens on the same terminal: those do not block, and the
// shell's do not become so. Whoever opens a Terminal closes it, on every way
// out; Close puts the terminal's attributes back.
//
//	term, err := rawtty.Open(os.Stdin, os.Stdout)
//	if err != nil {
//		return err
//	}
//	defer term.Close()
//	if err := term.MakeRaw(); err != nil {
//		return err
//	}
//
// The attributes are all that the package knows of a terminal. What a program
// turned on with escape sequences (alternate screen, mouse, ...) is undone by
// whoever let those sequences through.
package rawtty
