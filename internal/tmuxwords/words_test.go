package tmuxwords

import (
	"reflect"
	"testing"
)

// A ; at the end of an argument ends the word, unless it is quoted.
func TestSequence(t *testing.T) {
	for _, test := range []struct {
		line []string
		want [][]string
	}{
		{nil, nil},
		{[]string{";"}, nil},
		{[]string{"a", "b"}, [][]string{{"a", "b"}}},
		{[]string{"a", ";", "b"}, [][]string{{"a"}, {"b"}}},
		{[]string{"a", "x;", "b", ";"}, [][]string{{"a", "x"}, {"b"}}},
		{[]string{"a", `x\;`, `\;`, "y;z"}, [][]string{{"a", "x;", ";", "y;z"}}},
		{[]string{"a", ";", ";", "b", ""}, [][]string{{"a"}, {"b", ""}}},
	} {
		if got := sequence(test.line); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %q, want %q", test.line, got, test.want)
		}
	}
}

// Each row of the table is one option, whose default is a value that it takes.
func TestOptionTable(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range knownOptions() {
		if o.of != ofServer && o.of != ofSessions && o.of != ofWindows || seen[o.name] || o.name == "" {
			t.Errorf("a bad row: %+v", o)
		}
		seen[o.name] = true
		if value, err := o.check(o.value); err != nil || value != o.value {
			t.Errorf("%s does not take its default %q: %q, %v", o.name, o.value, value, err)
		}
	}
}

// Whatever a format has, it comes to an end, with text or an error.
func FuzzFormat(f *testing.F) {
	for _, format := range []string{"#{?a,b,c}", "#{==:#{a},#{b}}", "#{m/ri:^a,b}", "#{=-3:a}", "#{E:#{E:loop}}", "##{#}#,{", "#{?,}", "#{t:a}#{l:x"} {
		f.Add(format)
	}
	c := &call{}
	f.Fuzz(func(t *testing.T, format string) {
		c.expandWith(format, func(name string) (string, bool) {
			if name == "loop" {
				return "#{E:loop}#{E:loop}", true
			}
			return name, len(name) < 3
		})
	})
}
