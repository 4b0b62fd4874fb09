package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
)

// listenMain is the program listen PORT, which is a service that takes its time: it
// listens on that port of this host once it was sent a line, until it is sent another.
// listen free prints a port that nobody listens on.
func listenMain() int {
	if len(os.Args) == 2 && os.Args[1] == "free" {
		l, err := net.Listen("tcp", "localhost:0")
		if err != nil {
			fmt.Fprintln(os.Stderr, "listen:", err)
			return 1
		}
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
		l.Close()
		return 0
	}
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("not yet")
	if !lines.Scan() {
		return 0
	}
	l, err := net.Listen("tcp", net.JoinHostPort("localhost", os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "listen:", err)
		return 1
	}
	defer l.Close()
	fmt.Println("listening")
	lines.Scan()
	return 0
}
