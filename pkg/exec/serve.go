package exec

import (
	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
)

// run is the attachment's goroutine, to which mu was handed over. It sends the
// session's output until the attachment or the session ends. A
// fault in drawing ends the attachment and nothing else.
func (a *Attachment) run() {
	defer a.s.tellLeader() // of somebody else, or nobody
	defer close(a.done)
	defer a.mu.Unlock()
	defer a.cancel() // under mu: nobody pushes any more
	defer a.reader.Close()
	if after := a.begin.after; after != nil {
		<-after.done
		a.begin.after = nil
	}
	<-a.begin.drawn // its client is not kept waiting for what follows
	a.s.tellLeader()
	a.s.save() // who attached when
	err := guard("an attachment", func() error {
		a.serve()
		return nil
	})
	if err != nil {
		a.s.m.log.Error("an attachment failed", "session", a.s.id, "error", err)
		a.out.Send(a.life, StreamOutput{SessionID: a.s.id, Signal: StreamSignalClose, Detached: true})
		a.s.detach(func(b *Attachment) bool { return b == a }, EndEvicted)
		a.s.followLeader()
	}
}

// serve is run without its beginning and its end. The caller holds mu, which
// is let go while there is nothing to send.
func (a *Attachment) serve() {
	for a.life.Err() == nil {
		ended := false
		do, change := a.decide()
		switch do {
		case sendRest:
			a.sendRest()
		case drawScreen:
			a.drawScreen(change)
		case drawFrames:
			ended = a.frames()
		case tailLog:
			ended = a.tail()
		}
		if ended {
			a.sayEnded()
			return
		}
	}
	a.sayDetached()
}

// decide says what to send next, from where the session last changed its size;
// change is the offset of that, if the client is stopped there.
func (a *Attachment) decide() (do step, change int64) {
	s := a.s
	behind := a.behind()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := situation{
		client: a.client.size, session: s.info.Size, sizes: s.sizes(),
		model: s.screen.Works(), frames: !a.plain, ended: s.ended(), behind: behind,
		now: s.m.clock.Now(),
	}
	do = a.view.next(now)
	if do == sendRest { // drawn for the size that the client attached with
		return do, outlog.Nowhere
	}
	a.client.drawn = do == drawFrames
	a.view.size, a.view.sizes, a.view.other = a.client.size, s.sizes(), now.other()
	change = a.reader.Stopped()
	if do == tailLog || do == drawScreen { // before the next change can stop it
		a.reader.Pass()
	}
	return do, change
}

// tail sends what the program prints. It returns when something has changed
// that may have the client served in another way, and reports whether the
// session has ended and everything was sent.
func (a *Attachment) tail() (ended bool) {
	for {
		if ended, again := a.sendAll(); ended || again {
			return ended
		}
		a.mu.Unlock()
		woken := false
		select {
		case <-a.reader.Wake:
			woken = true
		case <-a.news:
		case <-a.life.Done():
		}
		a.mu.Lock()
		if !woken {
			return false
		}
	}
}

// sendAll sends what the log holds. It reports whether that was all there will
// ever be, or whether the client is to be served in another way.
func (a *Attachment) sendAll() (ended, again bool) {
	for a.life.Err() == nil {
		data, at, source, ended, err := a.reader.Next(a.chunk())
		switch {
		case err != nil: // fell out of the log: show what is there now
			a.redraw(a.resetTerminal(), vt.Mark{})
			return false, true
		case len(data) == 0:
			return ended, false
		case !a.send(data, StreamTarget(source), at) || a.behind():
			return false, true
		}
	}
	return false, true
}

// send sends output, and keeps it if the attachment ends before it could.
func (a *Attachment) send(data []byte, target StreamTarget, at int64) bool {
	a.view.shows = showsLog
	data = a.spoiled(data)
	if a.out.Send(a.life, StreamOutput{SessionID: a.s.id, Data: data, Target: target, Offset: at}) {
		return true
	}
	a.view.unsent = data
	return false
}

// push sends the client what was just appended, in the goroutine that read it
// from the program: it waits for nothing. It reports whether the client has all
// that there is; if not, the attachment's goroutine sees to it.
func (a *Attachment) push() bool {
	line, ok := a.out.(Line)
	if !ok || !a.mu.TryLock() {
		return false
	}
	defer a.mu.Unlock()
	if a.view.shows != showsLog || a.life.Err() != nil {
		return false
	}
	buf := readBuffers.Get().(*[readChunk]byte)
	defer readBuffers.Put(buf)
	n, at, source, err := a.reader.Copy(buf[:])
	if err != nil || n == 0 {
		return false
	}
	// First the position: an answer of the client's terminal may come at once, and
	// is judged by what the client was sent.
	a.reader.Skip(n)
	filter := a.view.filter
	if !line.TrySend(StreamOutput{SessionID: a.s.id, Data: a.spoiled(buf[:n]), Target: StreamTarget(source), Offset: at}) {
		a.reader.Skip(-n)
		a.view.filter = filter
		return false
	}
	return a.reader.Lag() == 0
}
