package local

import (
	"errors"
	"io"
	"os"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/types"
)

// command implements exec.CommandHandler: the program has no terminal, no
// input, and a group of its own.
func (l *launcher) command(
	pluginctx *types.PluginContext,
	opts exec.SessionOptions,
) (stdout, stderr io.Reader, err error) {
	cmd, err := l.prepare(opts)
	if err != nil {
		return nil, nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer outW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, outR.Close())
	}
	defer errW.Close()
	cmd.Files = [3]*os.File{null, outW, errW}
	p, err := l.start(opts, cmd)
	if err != nil {
		outR.Close()
		errR.Close()
		return nil, nil, err
	}
	how := &outcome{over: make(chan struct{})}
	go func() { // ends with the program
		how.err = l.await(pluginctx, opts.ID, p)
		close(how.over)
	}()
	return &output{File: outR, how: how, tells: true}, &output{File: errR, how: how}, nil
}

// outcome is how a program ended.
type outcome struct {
	over chan struct{} // closed when it has
	err  error         // set by then
}

// output is one of a program's outputs. One of them tells at its end how the
// program did.
type output struct {
	*os.File
	how   *outcome
	tells bool
}

// Read implements io.Reader.
func (o *output) Read(p []byte) (int, error) {
	n, err := o.File.Read(p)
	if err == nil {
		return n, nil
	}
	defer o.File.Close()
	if !o.tells {
		return n, io.EOF
	}
	<-o.how.over
	if o.how.err != nil {
		return n, o.how.err
	}
	return n, io.EOF
}

// lastWords is how long what a program has written before it was ended may
// take to be read.
const lastWords = 100 * time.Millisecond

// Close is called when the session is closed. The program is being ended then;
// what it has written can still be read. A process that left its group may
// hold the pipe for ever: nobody waits for it.
func (o *output) Close() error {
	go func() { // ends with the program
		<-o.how.over
		o.File.SetReadDeadline(time.Now().Add(lastWords))
	}()
	return nil
}
