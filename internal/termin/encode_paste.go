package termin

// EncodePaste returns what a terminal sends when text is pasted: with Enter for
// the end of a line and, for a program that turned bracketed paste on, between
// the paste's markers. A marker of its end is taken out of the text, so that no
// text can end the paste and type what is behind.
func EncodePaste(text []byte, bracketed bool) []byte {
	var out []byte
	if bracketed {
		out = append(out, pasteStart...)
	}
	begin := len(out)
	for i, b := range text {
		if b == '\n' {
			if i > 0 && text[i-1] == '\r' {
				continue
			}
			b = '\r'
		}
		out = append(out, b)
		// Look after each byte: what is left around a marker may be another one.
		if end := len(out) - len(pasteEnd); bracketed && end >= begin && string(out[end:]) == pasteEnd {
			out = out[:end]
		}
	}
	if bracketed {
		out = append(out, pasteEnd...)
	}
	return out
}
