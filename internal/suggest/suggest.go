// Package suggest finds the known name that a misspelled name probably means.
package suggest

import "strings"

// maxLen is the length limit of compared words: the cost of a comparison grows with the
// product of both lengths.
const maxLen = 64

// maxNames is the limit of compared names, which bounds the cost of a suggestion.
const maxNames = 5000

// DidYouMean returns `; did you mean "booking"?` for the name nearest to word, or "" if none
// is near. Of several, it takes the first in the given order.
func DidYouMean(word string, names []string) string {
	if name := Nearest(word, names); name != "" {
		return `; did you mean "` + name + `"?`
	}
	return ""
}

// Nearest returns the name with the fewest typing errors relative to word, or "" if all have
// too many.
func Nearest(word string, names []string) string {
	word = strings.ToLower(word)
	if word == "" || len(word) > maxLen {
		return ""
	}
	best, nearest := max(1, len(word)/3)+1, ""
	for _, name := range names[:min(len(names), maxNames)] {
		if gap := len(name) - len(word); gap >= best || -gap >= best || len(name) > maxLen {
			continue
		}
		if d := distance(word, name); d < best && d < len(word) {
			best, nearest = d, name
		}
	}
	return nearest
}

// Slip returns the first name that is exactly one typing error away from word, as users is
// from user, or "". It is for words that are valid themselves.
func Slip(word string, names []string) string {
	for _, name := range names {
		if gap := len(name) - len(word); gap < -1 || gap > 1 || max(len(word), len(name)) > maxLen {
			continue
		}
		if distance(word, name) == 1 {
			return name
		}
	}
	return ""
}

// distance counts typing errors: insert, delete, replace, or swap of neighbouring letters.
func distance(a, b string) int {
	var rows [3][maxLen + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
