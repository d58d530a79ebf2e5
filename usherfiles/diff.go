package usherfiles

import (
	"fmt"
	"strings"
)

// maxCells limits the memory of a comparison. For larger texts, the differences may be
// longer than necessary.
const maxCells = 1 << 22

// edit keeps a line (' '), removes it ('-') or adds it ('+').
type edit struct {
	kind rune
	line string
	at   int // the line number in the old text, from 1; for '+', the number of the next old line
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// differences returns the lines that differ. Each group of adjacent lines comes after its
// place, its section heading, and the header of its table.
func differences(name string, old, new []string) string {
	var b strings.Builder
	var heading, head string
	apart := true
	for _, e := range edits(old, new) {
		if e.kind == ' ' {
			apart = true
		}
		switch {
		case strings.HasPrefix(e.line, "#"):
			heading, head = e.line, ""
		case strings.HasPrefix(e.line, "| | ") && e.line != "| | |":
			head = e.line
		}
		if e.kind == ' ' {
			continue
		}
		if apart {
			fmt.Fprintf(&b, "\n%s:%d:1:", name, e.at)
			if heading != "" && heading != e.line {
				fmt.Fprintf(&b, " %s", heading)
			}
			if head != "" && head != e.line {
				fmt.Fprintf(&b, "\n  %s", head)
			}
			apart = false
		}
		fmt.Fprintf(&b, "\n%c %s", e.kind, e.line)
	}
	return b.String()
}

// edits returns the edits that turn one text into another, with the fewest changed lines.
func edits(old, new []string) []edit {
	same := 0 // the number of equal lines at the end
	for same < min(len(old), len(new)) && old[len(old)-1-same] == new[len(new)-1-same] {
		same++
	}
	rest := old[len(old)-same:]
	old, new = old[:len(old)-same], new[:len(new)-same]
	table := common(old, new)
	var list []edit
	i, k := 0, 0
	for i < len(old) || k < len(new) {
		switch {
		case i < len(old) && k < len(new) && old[i] == new[k]:
			list = append(list, edit{' ', old[i], i + 1})
			i, k = i+1, k+1
		case k == len(new) || i < len(old) && table.keeps(i+1, k) >= table.keeps(i, k+1):
			list = append(list, edit{'-', old[i], i + 1})
			i++
		default:
			list = append(list, edit{'+', new[k], i + 1})
			k++
		}
	}
	for n, line := range rest {
		list = append(list, edit{' ', line, i + n + 1})
	}
	return list
}

// keep contains, for each pair of lines of two texts, the number of lines that can be kept
// from there on. The nil keep returns 0 for every pair.
type keep [][]int32

func (table keep) keeps(i, k int) int32 {
	if table == nil {
		return 0
	}
	return table[i][k]
}

func common(old, new []string) keep {
	if len(old)*len(new) > maxCells {
		return nil
	}
	table := make(keep, len(old)+1)
	for i := range table {
		table[i] = make([]int32, len(new)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for k := len(new) - 1; k >= 0; k-- {
			if old[i] == new[k] {
				table[i][k] = table[i+1][k+1] + 1
			} else {
				table[i][k] = max(table[i+1][k], table[i][k+1])
			}
		}
	}
	return table
}
