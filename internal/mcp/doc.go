// Package mcp gives sessions to agents, by the Model Context Protocol: a few tools,
// each described so that an agent uses it right the first time.
//
// [Serve] answers one agent, on its standard input and output. What the tools do is
// what pkg/exec's Driver does; this package owns what is particular to agents:
//
//   - Scope (scope.go): an agent sees and touches the sessions that it made, which the
//     label [Label] says, and those that [Config.Only] gives it. One that is not
//     among them is answered for in the same words as one that does not exist.
//   - Time: many agents give up a call after a minute, so that no call takes longer
//     than [Config.AnswerWithin]. One that waits says then with which arguments to
//     go on, so that nothing that happens between two calls is missed.
//   - Room (page.go): a result has at most 16 KB unless more is asked for. Output is
//     read in pages by offset, which end between two lines where that is possible: no
//     byte is in two pages, and none in no page without a word.
//   - Trust (result.go): what a program printed stands between two lines with a number
//     that the program cannot know, and is called data there. Secrets are hidden in it.
//
// A call asks for the sessions anew and keeps nothing, but for [Config.TTL]: sessions
// outlive both the call and the agent.
package mcp
