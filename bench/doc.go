// Command bench measures what xsh promises beside those that it is compared
// with: a program on a bare terminal (raw), dtach, tmux, and on request another
// build of xsh (base). Peers that are not installed are left out.
//
//	bench -xsh bin/xsh                      all rows
//	bench -xsh bin/xsh -only echo,attach    two of them
//	bench -xsh bin/xsh -base old/xsh -n 20  beside an older build, 20 rounds a row
//
// Everybody takes turns in one run (raw, dtach, tmux, xsh, raw, ...), so that a
// busy moment of the machine falls on all of them, and the figures are medians.
// Compare what stands in one line, not one run with another.
//
// A row is a function that is given a [rig]: the peers with servers of their
// own in a directory of its own. When the row ends, also because bench was told
// to, all that was started for it is gone.
package main
