// Package rawtty is the terminal that the user sits at: raw mode and the way
// back, its size and the news of a change, reads that can be called off, writes
// that go out whole, and suspending as job control expects it.
//
// A Terminal borrows the two files that it is opened on, as a rule os.Stdin and
// os.Stdout: it never closes them. Whoever opens one closes it, on every way out;
// Close puts the terminal's attributes back. All methods may be called
// concurrently.
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
