// Package console drives a session from a Go program: it types, presses keys,
// waits for what the program prints or shows, and reads the screen.
//
//	c, err := console.Start(ctx, sessions, exec.SessionOptions{...})
//	...
//	defer c.Close()
//	err = c.ExpectScreen(ctx, `VIM`)
//	err = c.Type(ctx, "ihello")
//	err = c.Press(ctx, "esc")
//
// Sessions is what a console needs of a Manager in the same process, of a
// PluginClient or of a client of xsh's server: all of them do. A console holds no
// connection and no goroutine of its own but while one of its methods runs, or once
// Read was called.
//
// Expect looks at what is printed, as expect(1) does: each match takes up the output
// to its end, and the next begins there. ExpectScreen looks at what the terminal
// shows, which for programs that draw is what a person would wait for. An error of a
// console carries the screen as it was.
package console
