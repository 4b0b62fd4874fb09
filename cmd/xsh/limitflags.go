package main

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xsh-project/xsh/pkg/handler/local"
)

// limitFlags limit what a session's program takes, where systemd gives sessions
// scopes.
type limitFlags struct {
	MemoryMax bytesFlag
	CPUWeight weightFlag
}

func (l *limitFlags) addTo(cmd *cobra.Command) {
	cmd.Flags().Var(&l.MemoryMax, "memory-max", "most `SIZE` of memory that the session may take, such as 2G; needs systemd")
	cmd.Flags().Var(&l.CPUWeight, "cpu-weight", "share `N` of the processors, 1 to 10000, where others have 100; needs systemd")
}

// addToData has the session started with the limits.
func (l *limitFlags) addToData(data map[string]any) {
	if l.MemoryMax > 0 {
		data[local.DataMemoryMax] = float64(l.MemoryMax)
	}
	if l.CPUWeight > 0 {
		data[local.DataCPUWeight] = float64(l.CPUWeight)
	}
}

// bytesFlag is a number of bytes; K, M, G and T behind it are powers of 1024.
type bytesFlag int64

func (b *bytesFlag) String() string {
	if *b == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*b), 10)
}

func (*bytesFlag) Type() string { return "size" }

func (b *bytesFlag) Set(text string) error {
	unit := int64(1)
	for i, letter := range []string{"K", "M", "G", "T"} {
		if number, ok := strings.CutSuffix(strings.ToUpper(text), letter); ok {
			unit, text = 1<<(10*(i+1)), number
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64>>11/unit { // as JSON has whole numbers
		return errors.New("no size")
	}
	*b = bytesFlag(n * unit)
	return nil
}

// weightFlag is a share of the processors.
type weightFlag int

func (w *weightFlag) String() string {
	if *w == 0 {
		return ""
	}
	return strconv.Itoa(int(*w))
}

func (*weightFlag) Type() string { return "weight" }

func (w *weightFlag) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 10000 {
		return errors.New("no weight")
	}
	*w = weightFlag(n)
	return nil
}
