package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// agentMain is an agent of the tests. It starts xsh mcp with its own arguments, makes
// the calls that stand on its standard input, TOOL and JSON in a line, and prints the
// answers. "next" makes the call that the last answer asked for, and "tools" prints
// what there is.
func agentMain() int {
	if err := callTools(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		return 1
	}
	return 0
}

func callTools(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	session, _, err := startTools(ctx, os.Environ(), args...)
	if err != nil {
		return err
	}
	defer session.Close()
	last := ""
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		tool, args, _ := strings.Cut(lines.Text(), " ")
		switch tool {
		case "":
			continue
		case "tools":
			list, err := session.ListTools(ctx, nil)
			if err != nil {
				return err
			}
			for _, t := range list.Tools {
				fmt.Println("tool", t.Name)
			}
			continue
		case "next":
			var from struct {
				Next struct {
					Tool      string          `json:"tool"`
					Arguments json.RawMessage `json:"arguments"`
				} `json:"next"`
			}
			if err := json.Unmarshal([]byte(last), &from); err != nil || from.Next.Tool == "" {
				return fmt.Errorf("no answer had a next: %s", last)
			}
			tool, args = from.Next.Tool, string(from.Next.Arguments)
		}
		got, err := session.CallTool(ctx, &sdk.CallToolParams{Name: tool, Arguments: json.RawMessage(args)})
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		for i, c := range got.Content {
			text := c.(*sdk.TextContent).Text
			if i == 0 && strings.Contains(text, `"next":`) {
				last = text
			}
			if got.IsError {
				text = "error: " + text
			}
			fmt.Println(outputNonce.ReplaceAllString(text, "${1}output"))
		}
	}
	return session.Close()
}

var outputNonce = regexp.MustCompile(`(</?)output [a-z0-9]{8}`)
