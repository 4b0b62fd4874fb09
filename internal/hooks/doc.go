// Package hooks runs commands of the user's when something happens to sessions.
//
// A Hook says on which events which command runs. A Runner watches a manager's
// events and starts what is due: the command gets the event as a line of JSON on
// its standard input and, for those who want no JSON, what matters of it in
// variables. There is never a shell in between: what a program tells through its
// terminal, such as a title, cannot become a command.
//
// A hook can harm nothing. Few run at a time and few wait, each has a time after
// which its processes are killed, each may start only so often, what it prints is
// thrown away, and nobody who makes an event waits for a hook. What is left out,
// and what fails, is told to the log.
package hooks
