package saas

import "testing"

func syncAccount() Account {
	return Account{ID: "100002", Username: "defendersync@contoso.com", Email: "Defender.Sync@contoso.com", FullName: "Defender Sync", First: "Defender", Last: "Sync"}
}

func TestEveryFormOfCreatedByIsOnePerson(t *testing.T) {
	for _, form := range []string{
		"100002", "defendersync@contoso.com", " DEFENDERSYNC@Contoso.com", "defender.sync@contoso.com", "Defender Sync", "sync, defender",
		"Sync Defender", "Defender Sync <defendersync@contoso.com>", "Defender Sync (defendersync@contoso.com)", `CONTOSO\defendersync@contoso.com`,
		"100002.0", "/api/v3/users/100002", "https://contoso.oomnitza.com/users/100002/", "user:100002", "#100002", "Defender Sync (100002)",
	} {
		if !syncAccount().IsNamed(form) {
			t.Errorf("%q is not seen to be the account", form)
		}
	}
	for _, form := range []string{"", "100003", "admin", "defender", "defendersync@fabrikam.com", "Defender", ",", "10000", "1000020", "/users/100003", "1100002", "100002.5", "(100003)", "/", ":"} {
		if syncAccount().IsNamed(form) {
			t.Errorf("%q is taken for the account", form)
		}
	}
	if !(Account{Username: `CONTOSO\sync`}).IsNamed("sync") || (Account{}).IsNamed("") {
		t.Error("an account with a domain")
	}
}

func TestWhatStandsAroundAnAccountIsTakenOff(t *testing.T) {
	for text, want := range map[string]string{
		"<sync>": "sync", "(sync)": "sync", `\sync`: "sync", "Sync <sync>": "sync", "Sync (sync)": "sync", `CONTOSO\sync`: "sync",
		">sync<": ">sync<", ")sync(": ")sync(", "<sync": "<sync", " sync ": "sync", "": "",
	} {
		if got := BareAccount(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
