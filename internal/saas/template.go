package saas

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// errMissing ends a template that asks for a part which the name lacks, so
// that no username is ever made of half the parts.
var errMissing = errors.New("the user name has no such part")

// templateData is what a username template sees: {{.Email}}, {{.Local}},
// {{.Domain}}, {{.Account}} and {{.Raw}}, and {{.HasEmail}} and {{.HasDomain}}
// for templates that treat the forms differently.
type templateData struct{ id Identity }

func requirePart(s string) (string, error) {
	if s == "" {
		return "", errMissing
	}
	return s, nil
}

// Email is the email address or UPN, lower-cased.
func (d templateData) Email() (string, error) { return requirePart(d.id.Email) }

// Local is what stands before the @.
func (d templateData) Local() (string, error) { return requirePart(d.id.Local) }

// Domain is what stands after the @ or before the \.
func (d templateData) Domain() (string, error) { return requirePart(d.id.Domain) }

// Account is the local part, the name after the \, or the bare name.
func (d templateData) Account() (string, error) { return requirePart(d.id.Account) }

// Raw is the name as Defender shows it.
func (d templateData) Raw() string { return d.id.Raw }

// HasEmail reports whether {{.Email}} and {{.Local}} can be used.
func (d templateData) HasEmail() bool { return d.id.Email != "" }

// HasDomain reports whether {{.Domain}} can be used.
func (d templateData) HasDomain() bool { return d.id.Domain != "" }

// parseTemplate compiles a username template and tries it on a name of each
// form, so that a misspelt field is found before the first session and not in
// it.
func parseTemplate(text string) (*template.Template, error) {
	t, err := template.New("username").Funcs(template.FuncMap{
		"lower": strings.ToLower, "upper": strings.ToUpper, "trim": strings.TrimSpace,
	}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template %q does not parse: %w", text, err)
	}
	usable := false
	for _, sample := range []string{"alice@contoso.com", `CONTOSO\alice`, "alice", "Alice Smith"} {
		var b strings.Builder
		err := t.Execute(&b, templateData{ParseIdentity(sample)})
		if err != nil && !errors.Is(err, errMissing) {
			return nil, fmt.Errorf("template %q does not work: %w (the parts are .Email .Local .Domain .Account .Raw, the functions lower upper trim)", text, err)
		}
		usable = usable || err == nil && strings.TrimSpace(b.String()) != ""
	}
	if !usable {
		return nil, fmt.Errorf("template %q gives no username for any form of user name", text)
	}
	return t, nil
}
