module github.com/xsh-project/xsh

go 1.26.0

require (
	github.com/creack/pty v1.1.24
	github.com/muesli/cancelreader v0.2.2
	golang.org/x/sys v0.49.0
	golang.org/x/term v0.47.0
)

require github.com/google/go-cmp v0.7.0
