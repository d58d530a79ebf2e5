package table

import (
	"maps"
	"testing"
)

// FuzzEdit reads changes from data: a byte for the operation, one for the length of the
// id, and the id.
func FuzzEdit(f *testing.F) {
	f.Add(uint64(0), []byte("\x00\x01a\x01\x02ab\x02\x01a\x03\x02ab\x00\x10aaaaaaaaaaaaaaaa"))
	f.Add(^uint64(0), []byte("\x00\x01a\x00\x01b\x00\x01c\x02\x01b\x03\x00\x00\x0faaaaaaaaaaaaaaa"))
	f.Add(uint64(0xffff<<48), []byte("\x00\x00\x00\x01\x00\x00\x02\x00\x00\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, blunt uint64, data []byte) {
		type version struct {
			table *Table[int]
			model map[string]int
		}
		e, model := (&Table[int]{blunt: blunt}).Edit(), map[string]int{}
		var versions []version
		for i := 0; len(data) > 1; i++ {
			what, n := data[0], min(int(data[1]), len(data)-2)
			id := string(data[2 : 2+n])
			data = data[2+n:]
			switch what % 8 {
			case 6:
				e.Delete(id)
				delete(model, id)
			case 7:
				table := e.Table()
				versions = append(versions, version{table, maps.Clone(model)})
				e = table.Edit()
			default:
				// Make many ids from few bytes.
				for k := range 1 << (what % 8) {
					e.Set(id+string(rune(k)), i)
					model[id+string(rune(k))] = i
				}
			}
		}
		versions = append(versions, version{e.Table(), model})
		for _, v := range versions {
			check(t, v.table)
			if got := maps.Collect(v.table.All()); !maps.Equal(got, v.model) {
				t.Fatalf("All() = %v, want %v", got, v.model)
			}
			for id, want := range v.model {
				if got, ok := v.table.Find(id); got != want || !ok {
					t.Fatalf("Find(%q) = %d, %t, want %d", id, got, ok, want)
				}
			}
		}
	})
}
