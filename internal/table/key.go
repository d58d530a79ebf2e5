package table

import (
	"hash/maphash"
	"math/bits"
)

// key is an id as pages store it: in two words, which are much cheaper to compare and to
// hash than the text.
//
// A short id is stored in a and in the lower seven bytes of b. For a longer id, a has 24
// bits of the hash, above the position of its text in the page, and b has the length.
// The upper byte of b distinguishes these forms, and is never 0.
type key struct {
	id   string
	a, b uint64
	hash uint64
}

const (
	maxShort = 15  // bytes of an id that is stored in its key
	maxText  = 127 // bytes of an id whose text is in near

	lengthShift = 56
	textMark    = 0xfe << lengthShift // the text is in page.near
	farMark     = 0xff << lengthShift // the text is in more.far

	placeBits = 40
	placeMask = 1<<placeBits - 1
)

func newKey(id string, blunt uint64) key {
	k := key{id: id}
	if len(id) <= maxShort {
		k.a, k.b = short(id)
		k.hash = hashShort(k.a, k.b) &^ blunt
		return k
	}
	k.hash = hashLong(id) &^ blunt
	k.a = k.hash << placeBits
	k.b = longMark(len(id)) | uint64(len(id))
	return k
}

// Short is the length in bytes up to which Words returns words of an id.
const Short = maxShort

// Words returns two words that identify an id of at most Short bytes, and a hash of it,
// for other lookups by id. Two such ids are equal if and only if their words are. The
// hash differs between processes. For a longer id, all results are zero.
func Words(id string) (a, b, hash uint64) {
	n := len(id)
	switch {
	case n > maxShort:
		return 0, 0, 0
	case n >= 8:
		a, b = word(id), word(id[n-8:])>>8>>(uint(15-n)*8&63) // as short does
	default:
		a = tiny(id)
	}
	b |= uint64(n+1) << lengthShift
	return a, b, hashShort(a, b)
}

func (k *key) long() bool { return len(k.id) > maxShort }

func longMark(length int) uint64 {
	if length > maxText {
		return farMark
	}
	return textMark
}

// short stores an id of at most 15 bytes in two words, with its length plus one in the
// upper byte of b.
func short(id string) (a, b uint64) {
	n := len(id)
	if n < 8 {
		return tiny(id), uint64(n+1) << lengthShift
	}
	// The last eight bytes, without those that a has already; two shifts, since
	// one by 64 would need a branch.
	return word(id), word(id[n-8:])>>8>>(uint(15-n)*8&63) | uint64(n+1)<<lengthShift
}

// tiny spells an id of at most 7 bytes, those of the middle perhaps twice.
func tiny(id string) uint64 {
	switch n := len(id); {
	case n >= 4:
		return half(id) | half(id[n-4:])<<32
	case n > 0:
		return uint64(id[0]) | uint64(id[n/2])<<8 | uint64(id[n-1])<<16
	}
	return 0
}

// appendShort appends the id that short has stored.
func appendShort(text []byte, a, b uint64) []byte {
	n := int(b>>lengthShift) - 1
	if n >= 4 && n < 8 {
		a = a&(1<<32-1) | a>>32<<(uint(n-4)*8)
	}
	for range min(n, 8) {
		text = append(text, byte(a))
		a >>= 8
	}
	for range n - 8 {
		text = append(text, byte(b))
		b >>= 8
	}
	return text
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func half(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// The secrets of the hash are random in each process, so that attackers cannot choose
// colliding ids. The hash is built like that of Go's maps on processors without AES; a
// call of package maphash would take most of the time of Find.
var secrets = func() (s [4]uint64) {
	seed := maphash.MakeSeed()
	for i := range s {
		s[i] = maphash.Comparable(seed, i)
	}
	return s
}()

func hashShort(a, b uint64) uint64 {
	return fold(fold(a^secrets[0], b^secrets[1]), secrets[2])
}

// hashLong hashes an id of at least 16 bytes.
func hashLong(id string) uint64 {
	last, n, hash := id[len(id)-16:], uint64(len(id)), secrets[3]
	for ; len(id) > 16; id = id[16:] {
		hash = fold(word(id)^secrets[0], word(id[8:])^hash)
	}
	return fold(fold(word(last)^secrets[1], word(last[8:])^hash), secrets[2]^n)
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
