package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/testing/simulator"
)

var errHelp = flag.ErrHelp

// settings are what the command line says.
type settings struct {
	defenderAddr, oomnitzaAddr, controlAddr string
	state                                   string
	certificates                            string // folder; the tenants are served over TLS
	makeFor                                 string // host to make the certificates for
	advance                                 int    // days to let pass when tenants are continued
	options                                 simulator.Options
	given                                   map[string]bool // flags that were set
}

// parseSettings reads the command line.
func parseSettings(args []string, stderr io.Writer) (settings, error) {
	var set settings
	var start, roles, variants, faults string
	var clean bool
	var latency, badRows = time.Duration(0), 0.0
	o := &set.options
	f := flag.NewFlagSet("tenants", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&set.defenderAddr, "defender-addr", "127.0.0.1:8401", "address of the Defender tenant")
	f.StringVar(&set.oomnitzaAddr, "oomnitza-addr", "127.0.0.1:8402", "address of the Oomnitza tenant")
	f.StringVar(&set.controlAddr, "control-addr", "127.0.0.1:8403", "address to control them by")
	f.StringVar(&set.state, "state", "", "file that keeps the tenants across restarts (none)")
	f.StringVar(&set.certificates, "certificates", "", "`folder` of certificates, to serve the two tenants over TLS (without)")
	f.StringVar(&set.makeFor, "make-certificates", "", "make the certificates for a `host` name where the folder has none, and end")
	f.IntVar(&set.advance, "advance", 0, "days that pass when tenants are continued from --state")
	tenantFlags(f, o)
	f.StringVar(&start, "start", "", "what Defender's clock shows at the start, RFC 3339 (the present)")
	f.BoolVar(&clean, "clean-names", false, "all users are email addresses in one spelling")
	f.StringVar(&roles, "roles", "1,25,26", "Oomnitza's role ids")
	f.DurationVar(&latency, "latency", 0, "how long every answer takes")
	f.Float64Var(&badRows, "bad-rows", 0, "share of rows that cannot be used")
	f.StringVar(&variants, "variants", "", `forms of the undocumented, as JSON: {"Time": "rfc3339"}`)
	f.StringVar(&faults, "faults", "", `what goes wrong, as JSON: {"Defender": {"ServerErrors": 0.01}}`)
	if err := f.Parse(args); err != nil {
		return set, err
	}
	if f.NArg() > 0 {
		return set, fmt.Errorf("%q is no flag", f.Arg(0))
	}
	if set.makeFor != "" && set.certificates == "" {
		return set, errors.New("--make-certificates needs --certificates, the folder to put them into")
	}
	set.given = map[string]bool{}
	f.Visit(func(g *flag.Flag) { set.given[g.Name] = true })
	if !clean {
		o.Names = simulator.RealisticNames()
	}
	o.Faults.BadUsers, o.Faults.BadApps = badRows, badRows
	o.Faults.Defender.Latency, o.Faults.Oomnitza.Latency = latency, latency
	return set, errors.Join(setStart(o, start), setRoles(o, roles), set.setJSON("variants", variants, &o.Variants),
		set.setJSON("faults", faults, &o.Faults), checkVariants(o))
}

// tenantFlags are those of scale and rules.
func tenantFlags(f *flag.FlagSet, o *simulator.Options) {
	f.Uint64Var(&o.Seed, "seed", 1, "root of everything random")
	f.IntVar(&o.Apps, "apps", 120, "discovered apps")
	f.IntVar(&o.People, "people", 400, "people whom Defender sees")
	f.IntVar(&o.Pairs, "pairs", 3000, "app-user pairs")
	f.IntVar(&o.Streams, "streams", 2, "live streams, which overlap")
	f.IntVar(&o.Views, "views", 0, "how many of them, the last, are views of the first, and show nothing else")
	f.BoolVar(&o.OddStreams, "odd-streams", true, "a snapshot and a stream without users besides")
	f.IntVar(&o.SameNames, "same-names", 1, "apps that carry the name of another")
	f.Float64Var(&o.ExistingPeople, "existing-people", 0.1, "share of people whom Oomnitza knows already")
	f.Float64Var(&o.ExistingApps, "existing-apps", 0.05, "share of apps that another integration has made in Oomnitza")
	f.BoolVar(&o.Synced, "synced", false, "Oomnitza holds already what a full session carries over")
	f.BoolVar(&o.AppRoles, "app-roles", false, "some who are assigned to another integration's app have a role in it")
	f.IntVar(&o.Budget, "budget", 30, "requests that Defender answers in a window; 0: unlimited")
	f.DurationVar(&o.Window, "window", time.Minute, "the budget's window")
	f.StringVar(&o.DefenderToken, "defender-token", "simulated-defender-token", "token that Defender accepts")
	f.StringVar(&o.OomnitzaToken, "oomnitza-token", "simulated-oomnitza-token", "token that Oomnitza accepts")
	f.StringVar(&o.TokenUser, "token-user", "defendersync@contoso.com", "user behind Oomnitza's token")
}

func setStart(o *simulator.Options, text string) error {
	if text == "" {
		o.Start = time.Now()
		return nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return fmt.Errorf("--start: %w", err)
	}
	o.Start = t
	return nil
}

func setRoles(o *simulator.Options, text string) error {
	for _, part := range strings.Split(text, ",") {
		id, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("--roles: %q is not a number", part)
		}
		o.Roles = append(o.Roles, id)
	}
	return nil
}

func (set *settings) setJSON(name, text string, to any) error {
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return fmt.Errorf("--%s: %w", name, err)
	}
	return nil
}

func checkVariants(o *simulator.Options) error {
	_, err := o.Variants.CompleteDefaults()
	return err
}
