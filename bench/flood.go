package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	floodBytes  = 200 << 20
	unseenBytes = 1 << 30
)

// floodScript prints bytes once it is told to, and says when it is done.
func (b *bench) floodScript(size int64) (script string, err error) {
	const piece = 16 << 20
	text := filepath.Join(b.dir, "text")
	if _, err := os.Stat(text); err != nil {
		line := []byte(strings.Repeat("the quick brown fox ", 4)[:79] + "\n")
		if err := os.WriteFile(text, bytes.Repeat(line, piece/len(line)), 0o600); err != nil {
			return "", err
		}
	}
	files := strings.Repeat(" "+text, int(size/piece))
	return "stty -echo; echo READY; read x; cat" + files + "; echo ALL-PRINTED; read x", nil
}

// flood prints 200 MB on a bare terminal and inside an attached session.
func (b *bench) flood(ctx context.Context) error {
	script, err := b.floodScript(floodBytes)
	if err != nil {
		return err
	}
	var bare, attached, share []float64
	for range b.runs {
		t, err := open(b.bare(ctx, "sh", "-c", script))
		if err != nil {
			return err
		}
		took, sent, err := timeFlood(t)
		t.close()
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		bare = append(bare, float64(sent)/took.Seconds())
		if t, err = open(b.command(ctx, "new", "flood", "--", "sh", "-c", script)); err != nil {
			return err
		}
		took, n, err := timeFlood(t)
		t.close()
		if err != nil {
			return fmt.Errorf("attached: %w", err)
		}
		attached = append(attached, float64(n)/took.Seconds())
		share = append(share, float64(n)/float64(sent))
		if err := b.do(ctx, "kill", "flood"); err != nil {
			return err
		}
	}
	ratio := median(attached) / median(bare)
	b.say(figure{"200 MB, attached to bare terminal", fmt.Sprintf("%.2f", ratio), ">= 0.5", ratio >= 0.5},
		"%.0f MB/s to %.0f MB/s; %.0f %% of the bytes arrived", median(attached)/1e6, median(bare)/1e6, 100*median(share))
	return nil
}

func timeFlood(t *terminal) (took time.Duration, n int64, err error) {
	if err := t.until("READY"); err != nil {
		return 0, 0, err
	}
	start, before := time.Now(), t.n
	if err := t.write("\r"); err != nil {
		return 0, 0, err
	}
	err = t.until("ALL-PRINTED")
	return time.Since(start), t.n - before, err
}

// unseen prints 1 GB in a session that nobody is attached to.
func (b *bench) unseen(ctx context.Context) error {
	script, err := b.floodScript(unseenBytes)
	if err != nil {
		return err
	}
	var bare, unseen []float64
	for range max(1, b.runs/2) {
		t, err := open(b.bare(ctx, "sh", "-c", script))
		if err != nil {
			return err
		}
		took, _, err := timeFlood(t)
		t.close()
		if err != nil {
			return fmt.Errorf("bare: %w", err)
		}
		bare = append(bare, took.Seconds())
		if took, err = b.timeUnseen(ctx, script); err != nil {
			return fmt.Errorf("unseen: %w", err)
		}
		unseen = append(unseen, took.Seconds())
	}
	ratio := median(bare) / median(unseen)
	b.say(figure{"1 GB, nobody attached, to bare", fmt.Sprintf("%.2f", ratio), ">= 0.7", ratio >= 0.7},
		"%.0f MB/s to %.0f MB/s", unseenBytes/median(unseen)/1e6, unseenBytes/median(bare)/1e6)
	return nil
}

// timeUnseen has the program itself say when it is done, in a pipe that it is
// given by name.
func (b *bench) timeUnseen(ctx context.Context, script string) (time.Duration, error) {
	fifo := filepath.Join(b.dir, "fifo")
	os.Remove(fifo)
	if err := b.bare(ctx, "mkfifo", fifo).Run(); err != nil {
		return 0, err
	}
	script = strings.Replace(script, "read x;", "echo >"+fifo+";", 1)
	script = strings.Replace(script, "echo ALL-PRINTED", "echo >"+fifo, 1)
	if err := b.do(ctx, "new", "-d", "unseen", "--", "sh", "-c", script); err != nil {
		return 0, err
	}
	if _, err := os.ReadFile(fifo); err != nil {
		return 0, err
	}
	start := time.Now()
	if _, err := os.ReadFile(fifo); err != nil {
		return 0, err
	}
	took := time.Since(start)
	return took, b.do(ctx, "kill", "unseen")
}
