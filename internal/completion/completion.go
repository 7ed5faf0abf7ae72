// Package completion finds the words that may come next on a command line of an
// urfave/cli program, and holds the scripts by which shells ask for them. What only
// the program knows, such as the names of its objects, the program hands in.
package completion

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Candidate is a word that may stand where the cursor is.
type Candidate struct {
	Word string
	Help string // what the word stands for; may be empty
}

// Source is what only the program knows.
type Source struct {
	Flags      []cli.Flag                                 // of every command
	FlagValues func(f cli.Flag, typed string) []Candidate // of a flag that takes one of few values, or a list of them
	Arguments  func(*cli.Command) []Candidate             // of a command, besides flags
}

// FindCandidates finds the candidates for the last of the words of a command line that
// begin like it. The program's name is not among the words.
func FindCandidates(commands []*cli.Command, words []string, s Source) []Candidate {
	last := words[len(words)-1]
	at, open := followWords(commands, s.Flags, words[:len(words)-1])
	var all []Candidate
	switch {
	case open != nil:
		all = s.FlagValues(open, last)
	case strings.HasPrefix(last, "-"):
		all = listFlags(slices.Concat(at.Flags, s.Flags))
	case len(at.Subcommands) > 0:
		all = listCommands(at.Subcommands)
	default:
		all = s.Arguments(at)
	}
	return slices.DeleteFunc(all, func(c Candidate) bool { return !strings.HasPrefix(c.Word, last) })
}

// followWords follows words to the command that they name, and to the flag whose
// value comes next, if one does.
func followWords(commands []*cli.Command, global []cli.Flag, words []string) (at *cli.Command, open cli.Flag) {
	at = &cli.Command{Subcommands: commands}
	for _, word := range words {
		switch {
		case open != nil:
			open = nil
		case strings.HasPrefix(word, "-"):
			open = FindValueFlag(slices.Concat(at.Flags, global), strings.TrimLeft(word, "-"))
		default:
			for _, sub := range at.Subcommands {
				if sub.HasName(word) {
					at = sub
					break
				}
			}
		}
	}
	return at, open
}

// FindValueFlag finds a flag that takes a value; nil if there is none, or if the word
// has the value already, as in output=json.
func FindValueFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			if doc, ok := f.(cli.DocGenerationFlag); ok && doc.TakesValue() {
				return f
			}
		}
	}
	return nil
}

func listCommands(list []*cli.Command) []Candidate {
	var out []Candidate
	for _, sub := range list {
		if !sub.Hidden {
			out = append(out, Candidate{sub.Name, sub.Usage})
		}
	}
	return out
}

func listFlags(flags []cli.Flag) []Candidate {
	var out []Candidate
	for _, f := range flags {
		help := ""
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			help = strings.ReplaceAll(doc.GetUsage(), "`", "")
		}
		if name := f.Names()[0]; name != cli.HelpFlag.Names()[0] {
			out = append(out, Candidate{"--" + name, help})
		}
	}
	return append(out, Candidate{"--help", "show help"})
}
