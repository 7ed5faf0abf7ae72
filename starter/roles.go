package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/envelope"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/preflight"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/tenants"
)

// rolesPatience bounds the look for roles.
const rolesPatience = 3 * time.Minute

// rolesCommand lists the roles that Oomnitza's people have.
func (c commands) rolesCommand() *cli.Command {
	return &cli.Command{
		Name:  "roles",
		Usage: "List the roles of Oomnitza's people, to choose INTEGRATION_DEFAULT_ROLE",
		Description: describe("Oomnitza's API lists no roles and names none: the command reads the people, 10,000 at most (20 requests), and lists "+
			"the roles that they have, with the usernames of a few members each, as they are. A role that nobody has can't be seen. "+
			"Needs OOMNITZA_URL and OOMNITZA_API_TOKEN, and writes nothing.",
			"defendersync roles",
			"defendersync roles --env-file .env --output json"),
		Flags:  []cli.Flag{formatFlag(), fileFlag(), columnsFlag(roleColumns()...)},
		Action: c.listRoles,
	}
}

func (c commands) listRoles(ctx *cli.Context) error {
	settings, err := config.Load(ctx.Context, c.environ, config.NeedOomnitza)
	if err != nil {
		return usageError(err)
	}
	client, err := tenants.OpenOomnitza(settings.Oomnitza)
	if err != nil {
		return usageError(err)
	}
	found, err := readRoles(ctx.Context, client)
	if kind := httpx.KindOf(err); kind == httpx.KindConfig || kind == httpx.KindUnauthorized {
		return usageError(err)
	}
	if err != nil {
		return err
	}
	heading := sheet.Sheet{Title: "Roles of Oomnitza's people", Head: envelope.Head{Integration: settings.Integration.Name}, Columns: roleColumns(), About: []sheet.Fact{{Name: "seen", Value: describeRoles(found)}}}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, r := range found.List {
			if !yield(sheet.Row{r.ID, r.Members, r.Restricted, strings.Join(r.Some, ", "), r.ID == settings.Integration.DefaultRole}, nil) {
				return
			}
		}
	}
	if err := c.writeRows(ctx, rows, heading, time.UTC, "nobody has a role that can be read"); err != nil {
		return err
	}
	fmt.Fprintln(c.err, describeRoles(found))
	return nil
}

// roleColumns are the columns of the list of roles.
func roleColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "role", Title: "Role", Kind: sheet.Number}, {Key: "people", Title: "People", Kind: sheet.Number},
		{Key: "restricted", Title: "May not log in", Kind: sheet.Number}, {Key: "some", Title: "Some of them"}, {Key: "isDefault", Title: "Default", Kind: sheet.Bool},
	}
}

// readRoles reads the roles within bounds.
func readRoles(ctx context.Context, client *oomnitza.Client) (preflight.Roles, error) {
	within, cancel := context.WithTimeout(ctx, rolesPatience)
	defer cancel()
	found, err := preflight.ReadRoles(within, client)
	if within.Err() != nil && ctx.Err() == nil {
		return found, fmt.Errorf("the people could not be read within %s", formatDuration(rolesPatience))
	}
	return found, err
}

// describeRoles says among whom roles were looked for.
func describeRoles(r preflight.Roles) string {
	text := fmt.Sprintf("seen among all %s people", sheet.GroupDigits(r.People))
	if !r.Whole {
		text = fmt.Sprintf("seen among the first %s people; others may have other roles", sheet.GroupDigits(r.People))
	}
	if r.Without > 0 {
		text += fmt.Sprintf("; %s have none", sheet.GroupDigits(r.Without))
	}
	return text
}
