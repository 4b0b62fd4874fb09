package vt

// minClusterLimit is the number of cell texts up to which no collection is tried.
const minClusterLimit = 1024

// pen returns the style for the next character, in the place where cells have it.
func (t *Terminal) pen() cell {
	if t.penStale {
		t.freshenPen()
	}
	return t.penCell
}

// erased returns what an erased cell becomes: empty, on the pen's background.
func (t *Terminal) erased() cell {
	if t.penStale {
		t.freshenPen()
	}
	return t.eraseCell
}

func (t *Terminal) freshenPen() {
	if len(t.tables.styles.styles) >= t.tables.styles.limit {
		t.collectStyles()
	}
	t.penStale = false
	t.penCell = cell(t.tables.styles.id(t.cur.pen)) << cellStyleShift
	t.eraseCell = cell(t.tables.styles.id(Style{BG: t.cur.pen.BG})) << cellStyleShift
}

// collectStyles moves the styles in use to a new table.
func (t *Terminal) collectStyles() {
	t.worked(2*t.grid.size.Rows, t.grid.size.Cols)
	old := t.tables.styles.styles
	table := styleTable{styles: make([]Style, 1, len(old)), slots: t.tables.styles.slots}
	clear(table.slots)
	moved := make([]uint32, len(old))
	for _, g := range []*grid{&t.prim, &t.alt} {
		for i, c := range g.cells {
			id := c.style()
			if id == 0 {
				continue
			}
			if moved[id] == 0 {
				moved[id] = table.id(old[id])
			}
			g.cells[i] = c&cellText | cell(moved[id])<<cellStyleShift
		}
	}
	table.limit = max(minStyleLimit, 2*len(table.styles))
	t.tables.styles = table
	t.hist.forgetStyles()
	t.memo = nil
	t.penStale = true
}

// clusterID returns the number of a cell's text.
func (t *Terminal) clusterID(s string) uint32 {
	if len(t.tables.clusters.texts) >= t.tables.clusters.limit {
		t.collectClusters()
	}
	return t.tables.clusters.id(s)
}

// collectClusters moves the cell texts in use to a new table.
func (t *Terminal) collectClusters() {
	t.worked(2*t.grid.size.Rows, t.grid.size.Cols)
	old := t.tables.clusters.texts
	var table textTable
	for _, g := range []*grid{&t.prim, &t.alt} {
		for i, c := range g.cells {
			if c&cellCluster != 0 {
				g.cells[i] = c&^cellRune | cell(table.id(old[c&cellRune]))
			}
		}
	}
	table.limit = max(minClusterLimit, 2*len(table.texts))
	t.tables.clusters = table
}
