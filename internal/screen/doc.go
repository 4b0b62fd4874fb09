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
// From time to time the screen hands what it shows to Config.Store, which stores it. When
// another server adopts the session, its screen begins with what was stored: Config.Begin
// draws that when somebody first needs the model. What the program printed since, the
// model takes in when Catch is called.
package screen
