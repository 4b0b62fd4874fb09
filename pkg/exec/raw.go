package exec

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
)

// Names of files, arguments and variables are bytes. Protobuf's strings, which
// the contract has for them, must be UTF-8: what is not goes beside them, as
// bytes, and the strings say it as well as they can to those who do not know.

// rawTexts returns a list as bytes if some of it is no UTF-8, else nil.
func rawTexts(list []string) [][]byte {
	if !slices.ContainsFunc(list, notUTF8) {
		return nil
	}
	raw := make([][]byte, 0, len(list))
	for _, s := range list {
		raw = append(raw, []byte(s))
	}
	return raw
}

func notUTF8(s string) bool { return !utf8.ValidString(s) }

// textsFromRaw undoes rawTexts; list is what the strings say.
func textsFromRaw(raw [][]byte, list []string) []string {
	if len(raw) == 0 {
		return list
	}
	list = make([]string, 0, len(raw))
	for _, b := range raw {
		list = append(list, string(b))
	}
	return list
}

// splitRaw returns data with its texts, and lists of texts, made UTF-8, and
// those that were not as they are.
func splitRaw(data map[string]any) (map[string]any, map[string]*typespb.RawTexts) {
	fit, raw := data, map[string]*typespb.RawTexts(nil)
	for key, value := range data {
		list, single := textsOf(value)
		bytes := rawTexts(list)
		if bytes == nil {
			continue
		}
		if raw == nil {
			fit, raw = maps.Clone(data), make(map[string]*typespb.RawTexts)
		}
		raw[key] = &typespb.RawTexts{Texts: bytes, Single: single}
		fit[key] = texts(list)
		if single {
			fit[key] = text(list[0])
		}
	}
	return fit, raw
}

// joinRaw undoes splitRaw.
func joinRaw(data map[string]any, raw map[string]*typespb.RawTexts) {
	for key, r := range raw {
		list := []any{}
		for _, b := range r.GetTexts() {
			list = append(list, string(b))
		}
		data[key] = list
		if r.GetSingle() && len(list) == 1 {
			data[key] = list[0]
		}
	}
}

// textsOf returns a text, or a list of nothing but texts; nil for another value.
func textsOf(value any) (list []string, single bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []string:
		return v, false
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			list = append(list, s)
		}
	}
	return list, false
}

// text makes a string fit for a message, all of which bytes that are no UTF-8
// would make impossible to encode.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func texts(list []string) []string {
	var fit []string
	for _, s := range list {
		fit = append(fit, text(s))
	}
	return fit
}

func textMap(m map[string]string) map[string]string {
	var fit map[string]string
	for k, v := range m {
		if fit == nil {
			fit = make(map[string]string, len(m))
		}
		fit[text(k)] = text(v)
	}
	return fit
}

func bytesOf(all []string) [][]byte {
	var list [][]byte
	for _, text := range all {
		list = append(list, []byte(text))
	}
	return list
}

func stringsOf(list [][]byte) []string {
	var all []string
	for _, text := range list {
		all = append(all, string(text))
	}
	return all
}
