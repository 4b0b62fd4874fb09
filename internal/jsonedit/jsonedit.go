// Package jsonedit adds to a JSON text and takes away again, and leaves all else as
// it was, byte for byte: the order of keys, blanks, how numbers are written. It is for
// settings that are somebody else's.
//
// What is added stands first in its list or object, each on lines of its own, so that
// taking it away is the exact reverse.
package jsonedit

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Edit is an element that is to be in the list under two keys: {Outer: {Inner: [Element]}}.
type Edit struct {
	Outer, Inner string
	Element      string // JSON
}

// Add adds the element. It returns text as it is if the element is there, and an
// error if something else than objects and a list is under the keys.
func Add(text string, e Edit) (string, error) {
	outer, inner, err := find(text, e)
	switch {
	case err != nil:
		return "", err
	case inner != nil && inner.index(text, e.Element) >= 0:
		return text, nil
	case outer == nil:
		root, _ := parse(text)
		return insert(text, root, "\n  "+key(e.Outer)+": {\n    "+key(e.Inner)+": [\n      "+e.Element+"\n    ]\n  }"), nil
	case inner == nil:
		return insert(text, outer, "\n    "+key(e.Inner)+": [\n      "+e.Element+"\n    ]"), nil
	}
	return insert(text, inner, "\n      "+e.Element), nil
}

// Remove takes the element away, and with it the list and the object that Add made
// for it. It returns text as it is if the element is not there.
func Remove(text string, e Edit) (string, error) {
	_, inner, err := find(text, e)
	if err != nil || inner == nil {
		return text, err
	}
	i := inner.index(text, e.Element)
	if i < 0 {
		return text, nil
	}
	text = cut(text, inner, i)
	if outer, inner, _ := find(text, e); inner.madeHere(text, "\n    ") {
		text = cut(text, outer, outer.key(e.Inner))
	}
	if outer, _, _ := find(text, e); outer.madeHere(text, "\n  ") {
		root, _ := parse(text)
		text = cut(text, root, root.key(e.Outer))
	}
	return text, nil
}

// find returns what stands under the keys; nil where nothing does.
func find(text string, e Edit) (outer, inner *node, err error) {
	root, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	if root.kind != '{' {
		return nil, nil, errors.New("it holds no object")
	}
	if outer = root.value(e.Outer); outer == nil {
		return nil, nil, nil
	}
	if outer.kind != '{' {
		return nil, nil, fmt.Errorf("%q holds no object", e.Outer)
	}
	if inner = outer.value(e.Inner); inner != nil && inner.kind != '[' {
		return nil, nil, fmt.Errorf("%q holds no list", e.Inner)
	}
	return outer, inner, nil
}

// node is a value of a text: where it stands, and what it holds.
type node struct {
	kind     byte // its first character
	from, to int
	keys     []string // of an object
	items    []*node
}

func (n *node) key(name string) int {
	for i, k := range n.keys {
		if k == name {
			return i
		}
	}
	return -1
}

func (n *node) value(name string) *node {
	if i := n.key(name); i >= 0 {
		return n.items[i]
	}
	return nil
}

// index is which item says the same as element, however it is written; -1 if none.
func (n *node) index(text, element string) int {
	var want any
	if json.Unmarshal([]byte(element), &want) != nil {
		return -1
	}
	for i, item := range n.items {
		var have any
		if json.Unmarshal([]byte(text[item.from:item.to]), &have) == nil && reflect.DeepEqual(have, want) {
			return i
		}
	}
	return -1
}

// madeHere reports whether n is empty, and as Add leaves what it made.
func (n *node) madeHere(text, inside string) bool {
	return n != nil && len(n.items) == 0 && text[n.from+1:n.to-1] == inside
}

// insert puts an item first into a list or an object.
func insert(text string, into *node, item string) string {
	if len(into.items) > 0 {
		item += ","
	}
	return text[:into.from+1] + item + text[into.from+1:]
}

// cut takes an item away, with its comma and the blanks before it.
func cut(text string, from *node, i int) string {
	begin, end := from.from+1, from.items[i].to
	switch {
	case i > 0:
		begin = from.items[i-1].to
	case len(from.items) > 1:
		end += strings.IndexByte(text[end:], ',') + 1
	}
	return text[:begin] + text[end:]
}

func key(name string) string {
	quoted, _ := json.Marshal(name)
	return string(quoted)
}

// parse reads a text. What is no JSON, or has something behind it, is an error.
func parse(text string) (*node, error) {
	if !json.Valid([]byte(text)) {
		var v any
		return nil, fmt.Errorf("it is no plain JSON: %w", json.Unmarshal([]byte(text), &v))
	}
	p := &parser{text: text}
	return p.value(), nil
}

// parser reads a text that is known to be JSON.
type parser struct {
	text string
	at   int
}

func (p *parser) blanks() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) value() *node {
	p.blanks()
	n := &node{kind: p.text[p.at], from: p.at}
	switch n.kind {
	case '{', '[':
		p.list(n)
	case '"':
		p.quoted()
	default:
		for p.at < len(p.text) && strings.IndexByte(" \t\r\n,]}", p.text[p.at]) < 0 {
			p.at++
		}
	}
	n.to = p.at
	return n
}

// list reads the items of an object or a list.
func (p *parser) list(n *node) {
	p.at++
	for p.blanks(); p.text[p.at] != ']' && p.text[p.at] != '}'; p.blanks() {
		if p.text[p.at] == ',' {
			p.at++
			continue
		}
		if n.kind == '{' {
			n.keys = append(n.keys, p.quoted())
			p.blanks()
			p.at++ // the colon
		}
		n.items = append(n.items, p.value())
	}
	p.at++
}

// quoted reads a string.
func (p *parser) quoted() (text string) {
	from := p.at
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	json.Unmarshal([]byte(p.text[from:p.at]), &text)
	return text
}
