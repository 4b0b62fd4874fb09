package selector

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a selector. Its error says what was found and what was expected.
func Parse(text string) (Selector, error) {
	p := parser{tokens: split(text)}
	var s Selector
	if p.peek() == end {
		return s, nil
	}
	for {
		r, err := p.requirement()
		if err != nil {
			return Selector{}, fmt.Errorf("bad selector %q: %w", text, err)
		}
		s.all = append(s.all, r)
		switch t := p.next(); t {
		case end:
			return s, nil
		case ",":
		default:
			return Selector{}, fmt.Errorf("bad selector %q: %w", text, unexpected(t, "a comma or the end"))
		}
	}
}

// end is the token behind the last one.
const end = ""

// split cuts a selector into its tokens: symbols, the longest that fit, and
// words, which are all between symbols and spaces.
func split(text string) []string {
	const spaces, symbols = " \t\r\n", "=!(),<>"
	var tokens []string
	for {
		text = strings.TrimLeft(text, spaces)
		if text == "" {
			return tokens
		}
		n := strings.IndexAny(text, symbols+spaces)
		switch {
		case strings.HasPrefix(text, "==") || strings.HasPrefix(text, "!="):
			n = 2
		case n == 0:
			n = 1
		case n < 0:
			n = len(text)
		}
		tokens, text = append(tokens, text[:n]), text[n:]
	}
}

// parser holds the tokens that were not read yet.
type parser struct{ tokens []string }

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return end
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != end {
		p.tokens = p.tokens[1:]
	}
	return t
}

// isWord tells a key, a value, in and notin from symbols and the end. Which of
// them it is depends on where it stands: "in in (in)" is right.
func isWord(token string) bool { return token != end && !strings.Contains("=!(),<>==!=", token) }

// requirement reads one.
func (p *parser) requirement() (requirement, error) {
	r := requirement{op: exists}
	if p.peek() == "!" {
		p.next()
		r.op = absent
	}
	if r.key = p.next(); !isWord(r.key) {
		return r, unexpected(r.key, "a label's key")
	}
	if err := CheckKey(r.key); err != nil {
		return r, err
	}
	if t := p.peek(); r.op == absent || t == end || t == "," {
		return r, nil
	}
	var err error
	switch t := p.next(); t {
	case "=", "==":
		r.op = in
		r.values, err = p.value()
	case "!=":
		r.op = notIn
		r.values, err = p.value()
	case "<", ">":
		r.op = map[string]op{"<": less, ">": greater}[t]
		if r.values, err = p.value(); err == nil {
			r.number, err = number(r.values[0])
		}
	case "in", "notin":
		r.op = map[string]op{"in": in, "notin": notIn}[t]
		r.values, err = p.list()
	default:
		return r, unexpected(t, "=, ==, !=, <, >, in or notin")
	}
	for _, v := range r.values {
		if err == nil {
			err = CheckValue(v)
		}
	}
	return r, err
}

// value reads what stands behind an operator; nothing is the empty value.
func (p *parser) value() ([]string, error) {
	switch t := p.peek(); {
	case t == end || t == ",":
		return []string{""}, nil
	case isWord(t):
		p.next()
		return []string{t}, nil
	default:
		return nil, unexpected(t, "a value")
	}
}

func number(value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", value)
	}
	return n, nil
}

// list reads the values of in and notin with their parentheses. Where a value
// is left out stands the empty one, so that "()" is the same as "(,)".
func (p *parser) list() ([]string, error) {
	if t := p.next(); t != "(" {
		return nil, unexpected(t, "a list in parentheses")
	}
	var values []string
	for {
		value := ""
		if isWord(p.peek()) {
			value = p.next()
		}
		values = append(values, value)
		switch t := p.next(); t {
		case ",":
		case ")":
			return values, nil
		default:
			return nil, unexpected(t, "a comma or )")
		}
	}
}

func unexpected(token, want string) error {
	if token == end {
		return fmt.Errorf("it ends where %s was expected", want)
	}
	return fmt.Errorf("found %q, expected %s", token, want)
}
