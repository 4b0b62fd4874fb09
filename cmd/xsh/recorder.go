package main

import (
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"

	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
	"github.com/xsh-project/xsh/internal/server"
)

// recorded records the session that begin begins, which gets that ID, by an xsh record
// in the background. The file is made here, so that whoever asked hears of it if that
// cannot be; without a session there is none. What goes wrong later stands in a log.
func (a *app) recorded(file, id string, begin func() error) error {
	to, err := (&castFlags{File: file}).open(a)
	if err != nil {
		return err
	}
	defer to.Close()
	log, err := a.recordLog()
	if err != nil {
		os.Remove(file)
		return fmt.Errorf("start the recording: %w", err)
	}
	defer log.Close()
	cmd := osexec.Command(server.Program(), "record", id, "-o", "-", "--since", "0", "--await")
	cmd.Stdout, cmd.Stderr = to, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	launch.KeepFiles()
	if err := cmd.Start(); err != nil {
		os.Remove(file)
		return fmt.Errorf("start the recording: %w", err)
	}
	ended := make(chan struct{})
	go func() { // reaps it if it ends before we do
		defer close(ended)
		cmd.Wait()
	}()
	err = begin()
	var coded *codedError
	if err != nil && (!errors.As(err, &coded) || coded.code == codeNoAttach) { // there is no session
		cmd.Process.Kill()
		<-ended
		os.Remove(file)
	}
	return err
}

// recordLogName is the log's file, beside the server's.
const recordLogName = "record.log"

// maxRecordLog is the size at which the log begins anew: it has a line for each
// recording that failed.
const maxRecordLog = 64 << 10

func (a *app) recordLog() (*os.File, error) {
	p, err := paths.Find(a.getenv)
	if err != nil {
		return nil, err
	}
	if p.Log == "" {
		return nil, errors.New("there is no directory for its log")
	}
	dir := filepath.Dir(p.Log)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	name, flags := filepath.Join(dir, recordLogName), os.O_WRONLY|os.O_CREATE|os.O_APPEND
	if info, err := os.Stat(name); err == nil && info.Size() > maxRecordLog {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(name, flags, 0o600)
}
