package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says in our words what is wrong with a flag; cmd is whose it is.
func flagError(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		novalue *pflag.ValueRequiredError
		bad     *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
		hinted  *hintedError
	)
	hint := cmd.CommandPath() + " --help tells the flags"
	switch {
	case errors.As(err, &unknown):
		err = usagef("no such flag %s", typedFlag(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()))
		if near := nearFlag(cmd, unknown); near != "" {
			hint = "did you mean " + near + "?"
		}
	case errors.As(err, &novalue):
		f := novalue.GetFlag()
		err = usagef("flag %s needs a value", typedFlag(novalue.GetSpecifiedName(), novalue.GetSpecifiedShortnames()))
		if want := wants(f); want != "" {
			hint = want
		}
	case errors.As(err, &hinted): // by a flag of ours
		return withHint(&usageError{hinted.err}, hinted.hint)
	case errors.As(err, &bad):
		err = usagef("bad value %q of --%s", bad.GetValue(), bad.GetFlag().Name)
		if want := wants(bad.GetFlag()); want != "" {
			hint = want
		}
	case errors.As(err, &syntax):
		err = usagef("bad flag %q", syntax.GetSpecifiedFlag())
	default:
		err = &usageError{err}
	}
	return withHint(err, hint)
}

// isFlagError tells an error of the flag library. Those of flags that stand
// before a command's name reach report as they are.
func isFlagError(err error) bool {
	var (
		unknown *pflag.NotExistError
		novalue *pflag.ValueRequiredError
		bad     *pflag.InvalidValueError
		syntax  *pflag.InvalidSyntaxError
	)
	return errors.As(err, &unknown) || errors.As(err, &novalue) || errors.As(err, &bad) || errors.As(err, &syntax)
}

func typedFlag(name, short string) string {
	if short != "" {
		return "-" + name
	}
	return "--" + name
}

// wants says what a flag takes.
func wants(f *pflag.Flag) string {
	switch v := f.Value.(type) {
	case *choiceFlag:
		return "want " + orList(v.choices)
	case *historyFlag:
		return "want a number of lines, all, none or auto"
	case *selectorFlag:
		return "such as -l project=web"
	case *bytesFlag:
		return "want a number of bytes, or one with a unit such as 512M or 2G"
	case *weightFlag:
		return "want a number from 1 to 10000"
	}
	switch name, _ := pflag.UnquoteUsage(f); f.Value.Type() {
	case "int", "int32", "int64", "uint", "uint16", "uint32", "uint64":
		return "want a whole number"
	case "duration":
		return "want a time such as 30s, 15m or 1h"
	case "bool":
		return "want true, false or nothing"
	default:
		if name = strings.ToUpper(name); f.Shorthand != "" {
			return fmt.Sprintf("such as -%s %s", f.Shorthand, name)
		}
		return fmt.Sprintf("such as --%s %s", f.Name, name)
	}
}

// otherFlags are those of other tools, with ours.
var otherFlags = map[string]string{
	"json": "-o json", "j": "-o json", "format": "-o", "verbose": "-o wide",
	"name": "NAME without a flag", "n": "NAME without a flag", "s": "NAME without a flag", "t": "NAME without a flag", "S": "NAME without a flag",
	"detached": "-d", "cwd": "-c", "workdir": "-c", "directory": "-c", "force": "-f", "readonly": "-r",
	"r": "xsh attach", "R": "xsh attach", "x": "xsh attach", "d": "xsh new -d",
	"v": "-V",
}

// nearFlag returns what somebody who typed an unknown flag most likely meant.
func nearFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	typed := unknown.GetSpecifiedName()
	if ours, ok := otherFlags[typed]; ok && takes(cmd, ours) {
		return ours
	}
	if len(typed) == 1 {
		return otherCase(cmd, typed)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := nearest(typed, names); near != "" {
		return "--" + near
	}
	return ""
}

// otherCase returns the short flag that differs from typed in its case alone.
func otherCase(cmd *cobra.Command, typed string) string {
	other := strings.ToUpper(typed)
	if other == typed {
		other = strings.ToLower(typed)
	}
	if other != typed && cmd.Flags().ShorthandLookup(other) != nil {
		return "-" + other
	}
	return ""
}

// takes tells whether a command has the flag or argument that ours begins with.
func takes(cmd *cobra.Command, ours string) bool {
	switch word, _, _ := strings.Cut(ours, " "); {
	case word == "NAME":
		return strings.Contains(cmd.Use, "NAME")
	case strings.HasPrefix(word, "-"):
		return cmd.Flags().ShorthandLookup(strings.TrimPrefix(word, "-")) != nil
	default:
		return cmd.Parent() == nil
	}
}
