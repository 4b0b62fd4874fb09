// Package screen keeps a screen model that follows a program's output: what
// its terminal shows, and the offset in the log for which that is true.
//
// A [Screen] is one reader of an outlog.Log. Little output, such as a key's
// echo, it takes in at once, in the goroutine that appended it, behind all
// clients; for more it runs a goroutine for as long as there is something to
// take in, so that an idle session has none. Output waits for the model only
// where it would otherwise overrun it.
//
// Whoever draws from the screen takes a snapshot and the offset that goes with
// it, and goes on with the log from there. What a program asks its terminal is
// handed to Config.Asked, with the offset before which it was asked. From time to
// time the screen keeps a [Keyframe], from which what was shown at any moment that the
// log holds can be made again. Where the size changed, the screen keeps for a moment what
// was shown before that, for a client that takes no part in the change.
//
// From time to time a screen is handed out to be stored (Config.Store), and that of an
// adopted session begins with what was (Config.Begin): drawn when somebody first needs
// it, and brought to the log's end in its turn (Catch).
package screen
