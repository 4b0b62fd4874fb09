package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// recording prints in a session without a client, by turns as it is and while xsh
// record writes all of it to a file.
func recording(ctx context.Context, r *rig) error {
	script, err := r.reportingScript(true)
	if err != nil {
		return err
	}
	alone, recorded := samples{}, samples{}
	peers := r.those(func(p *peer) bool { return p.name == xshName || p.name == baseName })
	err = r.rounds(ctx, 12, peers, func(p *peer) error {
		if err := alone.time(p, func() (time.Duration, error) { return r.timePrint(p, script) }); err != nil {
			return err
		}
		return recorded.time(p, func() (time.Duration, error) { return r.timeRecorded(p, script) })
	})
	if err != nil {
		return err
	}
	v := recorded.median()
	for name, without := range alone.median() {
		v[name] /= without
	}
	r.say("100 MB printed while it is recorded, of unrecorded", v, atMost(1.03))
	return nil
}

// timePrint returns how long the script prints. what runs once the session is there, and
// before the script prints.
func (r *rig) timePrint(p *peer, script string, what ...func() error) (time.Duration, error) {
	xsh := p.list()[0]
	err := p.do(p.create("print", "sh", "-c", script)...)
	if err == nil {
		err = p.do(xsh, "wait", "print", "--for", "text=READY", "--timeout", "1m")
	}
	for _, do := range what {
		if err == nil {
			err = do()
		}
	}
	if err == nil {
		err = p.do(xsh, "send", "print", "--enter", "go")
	}
	if err != nil {
		return 0, err
	}
	took, err := r.printing()
	if err != nil {
		return 0, err
	}
	return took, p.kill("print")
}

// timeRecorded is timePrint while it is recorded; what was recorded has to be all.
func (r *rig) timeRecorded(p *peer, script string) (time.Duration, error) {
	file := filepath.Join(p.dir, "print.cast")
	cmd := p.command(p.list()[0], "record", "print", "-f", "-o", file)
	took, err := r.timePrint(p, script, func() error {
		if err := cmd.Start(); err != nil {
			return err
		}
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if st, err := os.Stat(file); err == nil && st.Size() > 200 { // the header, and what is shown
				return nil
			}
		}
		return errors.New("the recording does not begin")
	})
	if err != nil {
		return 0, err
	}
	if err := cmd.Wait(); err != nil {
		return 0, fmt.Errorf("record: %w", err)
	}
	st, err := os.Stat(file)
	if err == nil && st.Size() < printBytes {
		err = fmt.Errorf("%d bytes are in the recording", st.Size())
	}
	return took, errors.Join(err, os.Remove(file))
}
