package exec

import (
	"testing"
	"time"
)

func TestWhatToSendNext(t *testing.T) {
	now := time.Unix(1e9, 0)
	small, large := Size{5, 20}, Size{24, 80}
	same := situation{client: large, session: large, sizes: 3, model: true, frames: true, now: now}
	with := func(change func(*situation)) situation {
		s := same
		change(&s)
		return s
	}
	log := view{shows: showsLog, size: large, sizes: 3}
	for _, tc := range []struct {
		what string
		view view
		now  situation
		want step
	}{
		{"the rest of a replay comes before all else", view{shows: showsPart}, with(func(s *situation) { s.session = small }), sendRest},
		{"the same size", log, same, tailLog},
		{"another size", log, with(func(s *situation) { s.session = small }), drawFrames},
		{"another size by the plain contract", log, with(func(s *situation) { s.session, s.frames = small, false }), tailLog},
		{"a client without a size", log, with(func(s *situation) { s.client, s.session = Size{}, small }), tailLog},
		{"another size and no model", log, with(func(s *situation) { s.session, s.model = small, false }), tailLog},
		{"another size, ended", log, with(func(s *situation) { s.session, s.ended = small, true }), tailLog},
		{"another size, ended while frames were drawn", view{shows: showsFrames}, with(func(s *situation) { s.session, s.ended = small, true }), drawFrames},
		{"the same size again", view{shows: showsFrames, size: large, sizes: 3}, same, drawScreen},
		{"a model that failed at frames", view{shows: showsFrames}, with(func(s *situation) { s.session, s.model = small, false }), drawScreen},
		{"nothing sent yet", view{size: large, sizes: 3}, same, drawScreen},
		{"the session was resized and resized back", log, with(func(s *situation) { s.sizes = 5 }), drawScreen},
		{"the client took part in a resize", view{shows: showsLog, size: small, sizes: 2}, same, tailLog},
		{"its size changed while a screen was on its way", view{shows: showsLog, size: small, sizes: 2, drawnAt: now.Add(-crossing / 2)}, same, drawScreen},
		{"its size changed long after", view{shows: showsLog, size: small, sizes: 2, drawnAt: now.Add(-crossing)}, same, tailLog},
		{"far behind on its line", log, with(func(s *situation) { s.behind = true }), drawFrames},
		{"far behind on its line, at the end", log, with(func(s *situation) { s.behind, s.ended = true, true }), drawScreen},
		{"far behind on its line, at the end of frames", view{shows: showsFrames}, with(func(s *situation) { s.behind, s.ended = true, true }), drawScreen},
		{"far behind by the plain contract", log, with(func(s *situation) { s.behind, s.frames = true, false }), tailLog},
	} {
		if got := tc.view.next(tc.now); got != tc.want {
			t.Errorf("%s: step %d, want %d", tc.what, got, tc.want)
		}
	}
}
