package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

// usageError is an error in the command line. Its text is safe to print.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func wrongUsage(format string, args ...any) error {
	return usageError{printable.Sprintf(format, args...)}
}

// wrongUsages returns an error with a line for each sentence.
func wrongUsages(sentences []string) error {
	lines := make([]string, len(sentences))
	for i, sentence := range sentences {
		lines[i] = printable.Text(sentence)
	}
	return usageError{strings.Join(lines, "\nusher: ")}
}

// choice is a flag whose value must be one of a list.
type choice struct {
	flag   string
	value  string
	values []string
}

// String returns the value. With Type and Set, it implements pflag.Value.
func (c *choice) String() string { return c.value }

// Type returns the placeholder of the value in help texts.
func (c *choice) Type() string { return strings.Join(c.values, "|") }

// Set sets the value. It returns an error for a value that is not in the list.
func (c *choice) Set(value string) error {
	if !slices.Contains(c.values, value) {
		return wrongUsage("--%s must be %s, not %q%s", c.flag, orList(c.values), value, suggest.DidYouMean(value, c.values))
	}
	c.value = value
	return nil
}

// complete registers shell completion for the flag, which the command must have.
func (c *choice) complete(of *cobra.Command) {
	// It fails only if the command does not have the flag.
	_ = of.RegisterFlagCompletionFunc(c.flag, cobra.FixedCompletions(c.values, cobra.ShellCompDirectiveNoFileComp))
}

// files requires one file or more.
func files(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return wrongUsage("%s needs a file: %s", c.Name(), c.UseLine())
	}
	if slices.Contains(args, "") {
		return wrongUsage("%s needs a file, not an empty name", c.Name())
	}
	return nil
}

// oneFile requires exactly one file.
func oneFile(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return wrongUsage("%s takes one file, not %d: %s", c.Name(), len(args), c.UseLine())
	}
	return files(c, args)
}

func unknownCommand(c *cobra.Command, name string) error {
	names := commandNames(c)
	hint := suggest.DidYouMean(name, names)
	if hint == "" {
		hint = " (want " + orList(names) + ")"
	}
	return wrongUsage("%s has no command %q%s", c.CommandPath(), name, hint)
}

func commandNames(c *cobra.Command) []string {
	var names []string
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, below.Name())
		}
	}
	return names
}

// flagError rewords pflag's errors about flags.
func flagError(c *cobra.Command, err error) error {
	var usage usageError
	if errors.As(err, &usage) {
		return usage
	}
	for _, name := range flagNames(c) {
		if value, ok := invalidValue(err, name); ok {
			return wrongUsage("%s must be true or false, not %q", name, value)
		}
	}
	var named interface {
		error
		GetSpecifiedName() string
		GetSpecifiedShortnames() string
	}
	if !errors.As(err, &named) {
		return err
	}
	flag := "--" + named.GetSpecifiedName()
	if named.GetSpecifiedShortnames() != "" {
		flag = "-" + named.GetSpecifiedName()
	}
	if strings.HasPrefix(err.Error(), "unknown ") {
		hint := suggest.DidYouMean(flag, flagNames(c))
		if hint == "" {
			hint = "; " + c.CommandPath() + " --help lists the flags"
		}
		return wrongUsage("%s has no flag %s%s", c.CommandPath(), flag, hint)
	}
	return wrongUsage("%s needs a value", flag)
}

// invalidValue returns the value that pflag rejected for a flag. A choice rejects
// values with an error of its own.
func invalidValue(err error, flag string) (value string, ok bool) {
	var invalid interface {
		error
		GetValue() string
	}
	if !errors.As(err, &invalid) || !strings.Contains(err.Error(), flag+`" flag`) {
		return "", false
	}
	return invalid.GetValue(), true
}

// flagNames returns the flags that the help of a command lists.
func flagNames(c *cobra.Command) []string {
	var names []string
	for _, word := range strings.Fields(c.Flags().FlagUsages()) {
		if name, ok := strings.CutPrefix(word, "--"); ok && c.Flags().Lookup(name) != nil {
			names = append(names, word)
		}
	}
	return names
}

func orList(words []string) string  { return list(words, "or") }
func andList(words []string) string { return list(words, "and") }

// list joins words as a sentence does: "a", "a or b", "a, b or c".
func list(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
