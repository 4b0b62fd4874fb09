package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// tableError says what is wrong with a table of a setting that has several, such as a
// hook.
type tableError struct {
	what string // each is called
	n    int    // which one, from 0
	key  string // empty: with the table itself
	text string
	near string // what was most likely meant, or empty
}

func (e *tableError) Error() string { return e.text }

// in is the error with where it stands.
func (e *tableError) in(at string) error {
	err := fmt.Errorf("%s: %s %d: %s", at, e.what, e.n+1, e.text)
	if e.near != "" {
		return withHint(err, "did you mean "+e.near+"?")
	}
	return err
}

// tableKey is a key that tables of a setting may have.
type tableKey[T any] struct {
	want string // what it takes, for errors
	set  func(to *T, value any) error
	near func(value any) string // what was most likely meant, or ""; nil: nobody knows
}

// tableList takes tables from the file, or from a variable, as TOML has them behind
// "=". Each has all keys that must be there.
func tableList[T any](value any, what string, most int, keys map[string]tableKey[T], must []string) (all []T, err error) {
	if text, ok := value.(string); ok {
		value = tomlValue(text)
	}
	var tables []map[string]any
	switch list := value.(type) {
	case []map[string]any:
		tables = list
	case []any:
		for _, one := range list {
			table, ok := one.(map[string]any)
			if !ok {
				return nil, errWant
			}
			tables = append(tables, table)
		}
	default:
		return nil, errWant
	}
	if len(tables) > most {
		return nil, fmt.Errorf("there are %d %ss, and at most %d can be", len(tables), what, most)
	}
	for i, table := range tables {
		one, wrong := tableOf(table, keys, must)
		if wrong != nil {
			wrong.what, wrong.n = what, i
			return nil, wrong
		}
		all = append(all, one)
	}
	return all, nil
}

// tableOf reads one table.
func tableOf[T any](table map[string]any, keys map[string]tableKey[T], must []string) (one T, wrong *tableError) {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		k, known := keys[key]
		if !known {
			near := nearest(strings.ReplaceAll(key, "-", "_"), slices.Sorted(maps.Keys(keys)))
			return one, &tableError{key: key, text: fmt.Sprintf("no such key %q", key), near: near}
		}
		err := k.set(&one, table[key])
		switch {
		case errors.As(err, &wrong):
			wrong.key = key
			return one, wrong
		case err != nil:
			wrong := &tableError{key: key, text: fmt.Sprintf("bad %s = %s: want %s", key, asWritten(table[key]), k.want)}
			if k.near != nil {
				wrong.near = k.near(table[key])
			}
			return one, wrong
		}
	}
	for _, key := range must {
		if _, has := table[key]; !has {
			return one, &tableError{text: fmt.Sprintf("it has no %s: want %s", key, keys[key].want)}
		}
	}
	return one, nil
}

// tomlValue reads a value as TOML has it behind "=", for one that came from a
// variable; nil if it is none.
func tomlValue(text string) any {
	var file map[string]any
	if _, err := toml.Decode("value = "+text, &file); err != nil {
		return nil
	}
	return file["value"]
}

// lineInTable is the line of what is wrong with one of the tables of a setting; value is
// all of them.
func lineInTable(file, setting string, value toml.Primitive, meta *toml.MetaData, e *tableError) int {
	if line := lineInTables(file, setting, e.n, e.key); line > 0 {
		return line
	}
	var all []map[string]toml.Primitive
	if err := meta.PrimitiveDecode(value, &all); err == nil && e.n < len(all) {
		line := 0
		for key, v := range all[e.n] {
			if at := lineOf(v, meta); key == e.key || e.key == "" && (line == 0 || at < line) {
				line = at
			}
		}
		if line > 0 {
			return line
		}
	}
	return lineOf(value, meta)
}

// lineInTables is the line of a key in the table with index n of those that stand in
// a file as [[table]], or of its head if it has no such key; 0 if there is no such
// table. The library knows the lines of the last of several tables alone.
func lineInTables(file, table string, n int, key string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	head, line := 0, 0
	for l := range strings.Lines(string(text)) {
		line++
		l = strings.TrimSpace(l)
		if name, isHead := strings.CutPrefix(l, "[["); isHead {
			name, _, _ = strings.Cut(name, "]]")
			if strings.Trim(name, ` "`) == table {
				if n--; n == -1 {
					head = line
					continue
				}
			}
		}
		if head == 0 {
			continue
		}
		if strings.HasPrefix(l, "[") {
			break
		}
		if end := strings.IndexAny(l, "=."); end > 0 && strings.Trim(l[:end], ` "`) == key {
			return line
		}
	}
	return head
}
