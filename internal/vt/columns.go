package vt

// RuneWidth returns how many columns a terminal gives r when it is printed by
// itself: 0, 1 or 2. Programs that lay out text for a terminal add them up.
func RuneWidth(r rune) int { return runeWidth(r) }
