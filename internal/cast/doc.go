// Package cast is the asciicast format of recorded terminals, versions 2 and 3:
// what a terminal was given, when, and its changes of size. A [Writer] makes a file
// and a [Reader] reads one; neither opens or closes it.
//
// The format is that of https://docs.asciinema.org/manual/asciicast/v3/ and, where
// version 2 differs, of its page beside that: a line of JSON for the header, and one
// for each event. Version 2 counts an event's time from the beginning, version 3
// from the event before.
//
// What real programs printed, the recordings of internal/vt, was recorded in version 3
// and played by asciinema 3.2.0, which stopped at a marker behind each: it showed what
// the session had shown, colours included. TestCastShowsTheSame holds our own reader to it.
package cast
