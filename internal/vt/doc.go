// Package vt is the screen model: it takes the bytes that a program prints and
// knows what a terminal that received them would show.
//
// It is built in layers, each in files of its own:
//
//   - the parser (parser*.go, params.go) turns bytes into actions: print this,
//     run this control, dispatch this CSI, OSC, DCS or APC;
//   - the state (state.go and the files that act on it: control.go, csi.go,
//     esc.go, mode*.go, sgr*.go, osc.go, ...) is the cursor and the modes;
//   - the screen (cell.go, style.go, grid.go, history*.go) is the cells: two grids,
//     and behind the primary one the scrollback;
//   - the snapshot (snapshot*.go) is an immutable copy of all of this;
//   - the writer (replay*.go, leave.go) turns a snapshot into the bytes that
//     bring another terminal to the same state, or back to a plain one, and the
//     renderer (frame*.go) into those that draw it on a terminal of any size. What
//     undoes what is a table of package termreset.
//
// What most output is made of goes a shorter way, past the layers between: runs
// of printable ASCII (printASCII), short SGR sequences (sgr_memo.go), and whole
// screens of plain lines (flood.go). It does what byte by byte would be done, which
// is how the tests hold it to that.
//
// A [Terminal] has no goroutine, lock, clock or file. It changes only itself:
// what a real terminal would do to the world (answer a query, ring the bell)
// are [Effects] that its owner opts into. It is not safe for concurrent use; a
// [Snapshot] is.
//
// The behaviour is that of xterm, from its control sequences document
// (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html) and the DEC manuals
// that it names, and, for what is newer, from the documents of the kitty
// keyboard and graphics protocols. Everything that a program can make grow is
// bounded; the bounds are constants beside what they bound.
package vt
