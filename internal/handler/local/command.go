package local

import (
	"errors"
	"io"
	"os"
	"syscall"

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
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, outR.Close(), outW.Close())
	}
	cmd.Stdout, cmd.Stderr = outW, errW
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	ended, err := l.start(pluginctx.Ctx(), opts.ID, cmd)
	outW.Close()
	errW.Close()
	if err != nil {
		outR.Close()
		errR.Close()
		return nil, nil, err
	}
	return &output{File: outR, ended: ended}, &output{File: errR}, nil
}

// output is one of a program's outputs. The one that has ended tells at its
// end how the program did.
type output struct {
	*os.File
	ended <-chan error
}

// Read implements io.Reader.
func (o *output) Read(p []byte) (int, error) {
	n, err := o.File.Read(p)
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return n, err
	}
	defer o.File.Close()
	if o.ended == nil {
		return n, io.EOF
	}
	if err := <-o.ended; err != nil {
		return n, err
	}
	return n, io.EOF
}

// Close is called when the session is closed. The program is being ended then;
// what it has written can still be read.
func (o *output) Close() error { return nil }
