package cli

import (
	"strings"
	"unicode/utf8"
)

// table is text in columns. A cell is a list of lines; a line may be wrapped between
// words to fit.
type table struct {
	head []string // may be nil; the title of the first column is usually ""
	rows [][]cell
}

type cell []string

// gap separates two columns. wrapped indents the continuation of a line.
const (
	gap     = "  "
	wrapped = "  "
)

// write writes the table, with each line indented. Columns that do not fit into the
// width go into further tables below, each of which repeats the first column.
func (t *table) write(s *stream, indent string, width int) {
	width -= len(indent)
	columns := t.columns()
	for i, shown := range group(columns, width) {
		if i > 0 {
			s.line("")
		}
		widths := fit(pick(columns, shown), width)
		if t.head != nil {
			writeRow(s, indent, pick(headRow(t.head), shown), widths, bold)
		}
		for _, row := range t.rows {
			writeRow(s, indent, pick(row, shown), widths, "")
		}
	}
}

func headRow(titles []string) []cell {
	row := make([]cell, len(titles))
	for i, text := range titles {
		row[i] = cell{text}
	}
	return row
}

// textColumn contains all lines of a column, from top to bottom.
type textColumn []string

func (t *table) columns() []textColumn {
	rows := t.rows
	if t.head != nil {
		rows = append([][]cell{headRow(t.head)}, rows...)
	}
	var columns []textColumn
	for _, row := range rows {
		for i, c := range row {
			if i == len(columns) {
				columns = append(columns, nil)
			}
			columns[i] = append(columns[i], c...)
		}
	}
	return columns
}

// width returns the width of the column if lines longer than most are wrapped.
func (c textColumn) width(most int) int {
	width := 0
	for _, line := range c {
		for _, part := range wrap(line, most) {
			width = max(width, utf8.RuneCountInString(part))
		}
	}
	return width
}

// group distributes the columns over tables of a width. The first column is in each.
func group(columns []textColumn, width int) [][]int {
	if len(columns) == 0 {
		return nil
	}
	first := columns[0].width(0)
	groups := [][]int{{0}}
	used := first
	for i := 1; i < len(columns); i++ {
		last := len(groups) - 1
		need := len(gap) + columns[i].width(0)
		if used+need > width && len(groups[last]) > 1 {
			groups = append(groups, []int{0})
			used = first
			last++
		}
		groups[last] = append(groups[last], i)
		used += need
	}
	return groups
}

// fit wraps the lines of the widest column repeatedly, until all columns fit or no line
// can be wrapped. It returns the widths.
func fit(columns []textColumn, width int) []int {
	widths := make([]int, len(columns))
	narrower := make([]int, len(columns)) // the next smaller width that wraps a line
	total := len(gap) * (len(columns) - 1)
	for i, c := range columns {
		widths[i] = c.width(width)
		narrower[i] = c.width(widths[i] - 1)
		total += widths[i]
	}
	for total > width {
		widest := -1
		for i, w := range widths {
			if narrower[i] < w && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		total -= widths[widest] - narrower[widest]
		widths[widest] = narrower[widest]
		narrower[widest] = columns[widest].width(widths[widest] - 1)
	}
	return widths
}

func pick[E any](list []E, at []int) []E {
	picked := make([]E, 0, len(at))
	for _, i := range at {
		picked = append(picked, list[i])
	}
	return picked
}

func writeRow(s *stream, indent string, row []cell, widths []int, i ink) {
	columns := make([][]string, len(row))
	height := 1
	for k, c := range row {
		for _, line := range c {
			columns[k] = append(columns[k], wrap(line, widths[k])...)
		}
		height = max(height, len(columns[k]))
	}
	for y := range height {
		var b strings.Builder
		for k, lines := range columns {
			text := ""
			if y < len(lines) {
				text = lines[y]
			}
			if k > 0 {
				b.WriteString(gap)
			}
			b.WriteString(text)
			b.WriteString(strings.Repeat(" ", max(0, widths[k]-utf8.RuneCountInString(text))))
		}
		s.line("%s", indent+s.paint(i, strings.TrimRight(b.String(), " ")))
	}
}

// wrap wraps a line between words, and indents the continuation lines.
func wrap(line string, width int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(line) {
		switch {
		case current == "":
			current = word
		case utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) <= width:
			current += " " + word
		default:
			lines = append(lines, current)
			current = wrapped + word
		}
	}
	return append(lines, current)
}
