package usherfiles

import (
	"fmt"
	"strings"
)

// maxCells bounds the memory of a comparison. Of larger texts more lines may be shown
// than have to be.
const maxCells = 1 << 22

// edit is what happens to a line: it stays ' ', goes '-' or comes '+'.
type edit struct {
	kind rune
	line string
	at   int // its line in the file, or that of the line before which it comes; from 1
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// differences writes the lines that differ. Lines that stand together come after
// their place, the heading that they are under, and the head of their table.
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

// edits turns one text into another, with as few lines changed as can be.
func edits(old, new []string) []edit {
	same := 0 // at the end
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

// keep says how many lines of two texts can stay, from each pair of lines on. The nil
// keep knows nothing.
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
