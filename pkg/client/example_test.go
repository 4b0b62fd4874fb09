package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/xsh-project/xsh/pkg/client"
	"github.com/xsh-project/xsh/pkg/handler/local"
)

// A program starts a session, types to it and shows what it prints.
func ExampleClient_Open() {
	ctx := context.Background()
	c, err := client.Dial(ctx, os.Getenv("XSH_SOCKET"))
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	session := local.Options(exec.Command("sh"))
	link, err := c.Open(ctx, "", client.LinkConfig{Create: &session, Reconnect: client.DefaultReconnect})
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	if err := link.Type([]byte("echo hello; exit\n")); err != nil {
		log.Fatal(err)
	}
	for {
		out, err := link.Receive()
		if err != nil {
			break // the session has ended, or the link is lost
		}
		os.Stdout.Write(out.Data)
	}
	fmt.Println(link.Outcome().Exit)
}

// A program gives its terminal to a session.
func ExampleClient_Attach() {
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
	out, err := c.Attach(ctx, client.AttachConfig{
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
