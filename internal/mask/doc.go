// Package mask hides secrets in text that is to be read by somebody else: a
// program's output in a bug report, in a file, in what an agent is told.
//
// A [Mask] knows patterns, and puts a * in the place of each character that
// matches: text keeps its length, so that lines which a terminal wrapped can be
// hidden as one and cut apart again ([Mask.HideParts]). A pattern with groups hides
// what its groups match and leaves the rest to be read.
//
// A pattern is looked for within one line. A private key, which has many, is known
// by the lines around it, and so is only hidden where lines come one behind the
// other: by [Mask.Lines] and [Output]. An Output takes what a program prints as it is,
// with its colours and control sequences, in whatever pieces.
//
// It is a help against what is shown by mistake, not a wall: what was made to look
// otherwise, as in base64, is not found, nor what was cut short, as shells do in a title;
// and of what is typed into a program that draws its whole screen anew with each key,
// the beginning is seen until the pattern matches.
package mask
