package main

import "errors"

// flood has a program of the peer's print as fast as it can, shown to a client
// that reads it or to nobody, and returns how to end it.
func (r *rig) flood(p *peer, client bool) (end func() error, err error) {
	const session = "flood"
	program := []string{r.self, "flood", r.reportPath()}
	leave := func() error { return nil }
	switch {
	case client:
		leave, err = r.drain(p, p.open(session, program...))
	case p.create == nil:
		var t *terminal // that nobody reads
		if t, err = p.show(program...); err == nil {
			leave = func() error { t.close(); return nil }
		}
	default:
		err = p.do(p.create(session, program...)...)
	}
	if err != nil {
		return nil, err
	}
	end = func() error {
		if p.kill == nil {
			return leave()
		}
		return errors.Join(p.kill(session), leave())
	}
	if _, err := r.report("flowing"); err != nil {
		return nil, errors.Join(err, end())
	}
	return end, nil
}

// drain runs a command on a terminal that another process reads.
func (r *rig) drain(p *peer, args []string) (stop func() error, err error) {
	cmd := p.command(append([]string{r.self, "drain"}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	return func() error {
		stdin.Close()
		return cmd.Wait()
	}, nil
}
