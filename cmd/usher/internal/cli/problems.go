package cli

import (
	"errors"
	"fmt"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
)

// problem is an error or a warning about a file, as written in JSON. Lines and columns
// count from 1; they are 0 for a problem of the file as a whole.
type problem struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Col      int    `json:"col"`
	Severity string `json:"severity"` // error or warning
	Message  string `json:"message"`
}

const (
	severityError   = "error"
	severityWarning = "warning"
)

// problemsOf returns the problems in an error about a file, and the exit code for them.
func problemsOf(file string, err error) (list []problem, code int) {
	code = exitInvalid
	var (
		many *syntax.Problems
		one  syntax.Problem
		gone *unreadable
	)
	switch {
	case errors.As(err, &many):
		list = problems(many.List(), severityError)
		if more := many.Len() - len(list); more > 0 {
			list = append(list, problem{File: list[0].File, Severity: severityError, Message: fmt.Sprintf("and %d more", more)})
		}
	case errors.As(err, &one):
		list = problems([]syntax.Problem{one}, severityError)
	case errors.As(err, &gone):
		list = []problem{{File: gone.file, Severity: severityError, Message: gone.reason}}
	default:
		list = []problem{{File: file, Severity: severityError, Message: err.Error()}}
	}
	if errors.As(err, &gone) {
		code = exitUsage
	}
	return list, code
}

func problems(list []syntax.Problem, severity string) []problem {
	out := make([]problem, len(list))
	for i, p := range list {
		out[i] = problem{p.File, p.Pos.Line, p.Pos.Col, severity, p.Message}
	}
	return out
}

// problem writes a problem in the form that editors parse: file:line:column: message.
func (s *stream) problem(p problem) {
	place := printable.Text(p.File) + ":"
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d:", printable.Text(p.File), p.Line, p.Col)
	}
	severity := ""
	if p.Severity == severityWarning {
		severity = s.paint(yellow, "warning:") + " "
	}
	s.line("%s %s%s", s.paint(bold, place), severity, printable.Text(p.Message))
}

// cannot returns the error with which a command ends. It prints a syntax.Problem as a
// problem of the file.
func (r *run) cannot(file string, err error) error {
	if errors.As(err, new(syntax.Problem)) {
		return r.refuse(file, err)
	}
	return err
}

// refuse prints the problems of a file, and returns the error with which the command
// ends.
func (r *run) refuse(file string, err error) error {
	list, code := problemsOf(file, err)
	if r.json() {
		if err := r.stdout.json(struct {
			Problems []problem `json:"problems"`
		}{list}); err != nil {
			return err
		}
		return exitWith(code)
	}
	for _, p := range list {
		r.stderr.problem(p)
	}
	return exitWith(code)
}
