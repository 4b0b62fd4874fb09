package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	osexec "os/exec"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// A program starts a session, types to it and shows what it prints.
func ExampleClient_Open() {
	// A server of the example's own; the user's is at $XSH_SOCKET.
	socket, stop, err := serve(local.New(local.Config{}))
	if err != nil {
		log.Fatal(err)
	}
	defer stop()

	ctx := context.Background()
	c, err := client.Dial(ctx, socket)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	session := local.Options(osexec.Command("sh", "-c", "read name; echo hello, $name; exit 3"))
	link, err := c.Open(ctx, "", client.LinkConfig{Create: &session, Reconnect: client.DefaultReconnect})
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	if err := link.Type([]byte("Ada\r")); err != nil {
		log.Fatal(err)
	}
	text := exec.PlainText(os.Stdout)
	for {
		out, err := link.Receive()
		if err != nil {
			break // the session has ended, or the link is lost
		}
		text.Write(out.Data)
	}
	text.Close()
	fmt.Println(link.Outcome().Exit)
	// Output:
	// Ada
	// hello, Ada
	// exit code 3
}

// A program gives its terminal to a session.
func ExampleClient_AttachTerminal() {
	ctx := context.Background()
	c, err := client.Dial(ctx, os.Getenv("XSH_SOCKET"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	key, err := client.ParseDetachKey("ctrl-a d")
	if err != nil {
		log.Fatal(err)
	}
	out, err := c.AttachTerminal(ctx, client.AttachConfig{
		Session: "work", In: os.Stdin, Out: os.Stdout,
		DetachKey: key, Terminal: client.TerminalID(os.Stdout), Reconnect: client.DefaultReconnect,
	})
	if err != nil {
		log.Fatal(err)
	}
	if out.Reason == client.ReasonEnded {
		os.Exit(out.Exit.Code)
	}
}
