// Package mcp gives sessions to agents, by the Model Context Protocol: a few tools,
// each described so that an agent uses it right the first time.
//
// [Serve] answers one agent, on its standard input and output. What the tools do is
// what pkg/exec's Driver does; this package owns what is particular to agents:
//
//   - Scope (scope.go): an agent sees and touches two kinds of sessions: those that it
//     made, which carry the label [Label], and those that match [Config.Only]. Where
//     it names another one, it is told that there is no such session, so that it
//     cannot find out which there are.
//   - Time: many agents give up a call after a minute. So each call answers within
//     [Config.AnswerWithin]. If what a call waits for has not happened by then, the
//     answer has the arguments for the next call, which goes on from the same offset
//     of the output: what happens between the two calls counts.
//   - Room (page.go): an answer has at most 16 KB unless the agent asks for more.
//     Output is read in pages by offset. Each begins where the one before ended, if
//     possible between two lines. What the session no longer keeps is named.
//   - Trust (result.go): what a program printed stands between two lines that bear a
//     random number, and is called data there. The program cannot know the number, so
//     it cannot print such a line itself. Secrets are hidden in it.
//
// A call asks the server for the sessions anew, and nothing is kept from one call to
// the next but what [Config.TTL] needs. Sessions outlive the call and the agent.
package mcp
