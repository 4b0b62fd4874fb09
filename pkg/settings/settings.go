// Package settings is where the packages of this module read their settings
// from, without knowing of files, flags or the environment.
package settings

// Provider gives out settings by name. It must be safe for concurrent use.
type Provider interface {
	// Setting returns the value set for key, and whether there is one.
	Setting(key string) (value any, ok bool)
}

// Map is a Provider that holds its settings. The nil Map holds none.
type Map map[string]any

// Setting implements Provider.
func (m Map) Setting(key string) (any, bool) {
	v, ok := m[key]
	return v, ok
}

// Int returns the integer that p sets for key, else def. A nil p sets
// nothing; a value that is no integer counts as not set.
func Int(p Provider, key string, def int) int {
	if p == nil {
		return def
	}
	v, _ := p.Setting(key)
	switch v := v.(type) {
	case int:
		return v
	case int64:
		return int(v)
	case float64:
		if v == float64(int(v)) {
			return int(v)
		}
	}
	return def
}

// String returns the text that p sets for key, else def. A nil p sets nothing; a
// value that is no text counts as not set.
func String(p Provider, key, def string) string {
	if p == nil {
		return def
	}
	v, _ := p.Setting(key)
	if text, ok := v.(string); ok {
		return text
	}
	return def
}
