package usher

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// decisionJSON has the keys of a Decision in JSON. They never change.
type decisionJSON struct {
	Allowed  bool       `json:"allowed"`
	Reason   string     `json:"reason"`
	Sentence string     `json:"sentence"`
	Rule     Rule       `json:"rule"`
	Unmet    []string   `json:"unmet"`
	Unknown  []string   `json:"unknown"`
	Hidden   []string   `json:"hidden"`
	Version  uint64     `json:"version"`
	Digest   string     `json:"digest"`
	Time     *time.Time `json:"time"`
}

// explanationJSON has the keys of an Explanation.
type explanationJSON struct {
	decisionJSON
	Remedies []Remedy `json:"remedies"`
}

// ruleJSON has the keys of a Rule.
type ruleJSON struct {
	Source     string `json:"source"`
	Permission string `json:"permission"`
	Name       string `json:"name"`
	Held       string `json:"held"`
	Text       string `json:"text"`
	File       string `json:"file"`
	Line       int    `json:"line"`
}

// MarshalJSON returns an object with the keys allowed, reason, sentence, rule (null without
// one), unmet, unknown and hidden (each a list), version, digest and time (null without
// one). The object discloses the policy, as an [Explanation] does.
func (d Decision) MarshalJSON() ([]byte, error) { return marshal(d.json()) }

// UnmarshalJSON sets d to the zero Decision, which denies, and returns an error. Only an
// Authorizer makes decisions; they cannot be read from JSON.
func (d *Decision) UnmarshalJSON([]byte) error {
	*d = Decision{}
	return errNotRead
}

// MarshalJSON returns an object with the keys of a [Decision] and the key remedies: a list
// of objects with the key text, the smallest change first. The value of sentence is the
// Explanation's Sentence.
func (e Explanation) MarshalJSON() ([]byte, error) {
	out := explanationJSON{decisionJSON: e.Decision.json(), Remedies: e.Remedies}
	out.Sentence = e.Sentence
	if out.Remedies == nil {
		out.Remedies = []Remedy{}
	}
	return marshal(out)
}

// UnmarshalJSON sets e to the zero Explanation and returns an error, as for a [Decision].
func (e *Explanation) UnmarshalJSON([]byte) error {
	*e = Explanation{}
	return errNotRead
}

// MarshalJSON returns an object with the keys source, permission, name, held, text, file
// and line, or null for the zero Rule.
func (r Rule) MarshalJSON() ([]byte, error) {
	if r.Source == 0 {
		return []byte("null"), nil
	}
	return marshal(ruleJSON{r.Source.String(), r.Permission, r.Name, r.Held, r.Text, r.File, r.Line})
}

var errNotRead = errors.New("a decision cannot be read from JSON; call an Authorizer")

func (d Decision) json() decisionJSON {
	detail := d.Detail()
	out := decisionJSON{
		Allowed: d.Allowed(), Reason: d.Reason().String(), Sentence: d.String(), Rule: detail.Rule,
		Unmet: list(detail.Unmet), Unknown: list(detail.Unknown), Hidden: list(detail.Hidden),
		Version: detail.Version, Digest: detail.Digest,
	}
	if at := d.Time(); !at.IsZero() {
		out.Time = &at
	}
	return out
}

// list returns an empty list for nil, so that JSON has [] and never null.
func list(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}

// marshal does not escape HTML characters. The json.Encoder that calls MarshalJSON escapes
// them if it is set to.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return printable.JSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}
