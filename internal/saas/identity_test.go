package saas

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseIdentity(t *testing.T) {
	tests := []struct {
		name string
		raw  string
		want Identity
	}{
		{"an email address is lower-cased", " Alice.Smith@Contoso.COM ",
			Identity{KindEmail, "Alice.Smith@Contoso.COM", "alice.smith@contoso.com", "alice.smith", "contoso.com", "alice.smith"}},
		{"a guest's UPN is an email address", "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com",
			Identity{KindEmail, "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com", "bob_fabrikam.com#ext#@contoso.onmicrosoft.com",
				"bob_fabrikam.com#ext#", "contoso.onmicrosoft.com", "bob_fabrikam.com#ext#"}},
		{"letters beyond ASCII are fine", "JÜRGEN@müller.example",
			Identity{KindEmail, "JÜRGEN@müller.example", "jürgen@müller.example", "jürgen", "müller.example", "jürgen"}},
		{"a domain account", `CONTOSO\Alice`, Identity{KindDomainUser, `CONTOSO\Alice`, "", "", "CONTOSO", "Alice"}},
		{"a bare account", "alice", Identity{KindBare, "alice", "", "", "", "alice"}},
		{"a display name is no account", "Alice Smith", Identity{Kind: KindOther, Raw: "Alice Smith"}},
		{"a domain without a dot is no address", "alice@server", Identity{Kind: KindOther, Raw: "alice@server"}},
		{"two dots in a domain", "alice@contoso..com", Identity{Kind: KindOther, Raw: "alice@contoso..com"}},
		{"two backslashes", `A\B\C`, Identity{Kind: KindOther, Raw: `A\B\C`}},
		{"a backslash and nothing", `CONTOSO\`, Identity{Kind: KindOther, Raw: `CONTOSO\`}},
		{"a control character", "ali\x00ce", Identity{Kind: KindOther, Raw: "ali\x00ce"}},
		{"text that isn't UTF-8", "ali\xffce", Identity{Kind: KindOther, Raw: "ali\xffce"}},
		{"an anonymised user", "User_KSzxdM1v833oYU1kLo9m7w==", Identity{Kind: KindAnonymised, Raw: "User_KSzxdM1v833oYU1kLo9m7w=="}},
		{"somebody called User_", "User_one", Identity{KindBare, "User_one", "", "", "", "User_one"}},
		{"a machine", "LAPTOP-17$", Identity{KindDevice, "LAPTOP-17$", "", "", "", "LAPTOP-17$"}},
		{"a machine in a domain", `CONTOSO\LAPTOP-17$`, Identity{KindDevice, `CONTOSO\LAPTOP-17$`, "", "", "CONTOSO", "LAPTOP-17$"}},
		{"nothing", " \t", Identity{Kind: KindEmpty}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ParseIdentity(tt.raw); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestServiceAccountsAreToldFromPeople(t *testing.T) {
	for raw, want := range map[string]IdentityKind{
		`NT AUTHORITY\SYSTEM`: KindService, `nt authority\alice`: KindService, "system": KindService,
		"LOCAL SERVICE": KindService, `NT SERVICE\MSSQL`: KindService, `Window Manager\DWM-1`: KindService,
		"svc-backup": KindService, `CONTOSO\SVC_SQL`: KindService, "svc.mail@contoso.com": KindService,
		"HealthMailbox1234": KindService, "MSOL_ab12": KindService,
		"system@contoso.com": KindEmail, "svcetlana": KindBare, "svc-": KindBare, "sven": KindBare,
	} {
		if got := ParseIdentity(raw).Kind; got != want {
			t.Errorf("%q is %s, want %s", raw, got, want)
		}
	}
}

func TestFoldMakesTwoSpellingsOfOnePersonOne(t *testing.T) {
	for _, tt := range []struct{ a, b string }{
		{"Alice@Contoso.com", " alice@contoso.com\n"},
		{`CONTOSO\Alice`, `contoso\alice`},
		{"JÜRGEN", "ju\u0308rgen"},
		{"STRASSE", "straße"},
		{"ΣΊΣΥΦΟΣ", "σίσυφος"},
	} {
		if Fold(tt.a) != Fold(tt.b) {
			t.Errorf("%q and %q fold to %q and %q", tt.a, tt.b, Fold(tt.a), Fold(tt.b))
		}
	}
	if Fold("alice") == Fold("alíce") {
		t.Error("an accent makes another name")
	}
}

func TestFoldAllocatesNothingForWhatIsFolded(t *testing.T) {
	name := "alice.smith@contoso.com"
	if n := testing.AllocsPerRun(100, func() { Fold(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestFoldingAgainChangesNothingWhateverTheLetter(t *testing.T) {
	for r := rune(0); r < 0x1FFFF; r++ {
		once := Fold("x" + string(r))
		if twice := Fold(once); twice != once {
			t.Errorf("%U folds to %q, which folds to %q", r, once, twice)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "Alice", "ju\u0308rgen ", "straße", "\u0345α", "a\xffb", "İ", "ẞ\u2003", "\u1e9b\u0323", "Ꮽ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Errorf("%q folds to %q, which folds to %q", s, once, twice)
		}
		if Fold(" "+s+"\t") != once {
			t.Errorf("white space around %q counts", s)
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	for _, s := range []string{"alice@contoso.com", `C\a`, "User_KSzxdM1v833oYU1kLo9m7w==", "h$", "@", `\`, "a@b.c@d.e", "İ@i.İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		id := ParseIdentity(raw)
		if id.Kind == KindEmail {
			if id.Local+"@"+id.Domain != id.Email || id.Local == "" || id.Domain == "" {
				t.Errorf("%q: parts don't make the address: %+v", raw, id)
			}
		}
		if id.Kind == KindDomainUser && id.Domain+`\`+id.Account != id.Raw {
			t.Errorf("%q: parts don't make the name: %+v", raw, id)
		}
		for _, part := range []string{id.Email, id.Account, id.Domain} {
			if !utf8.ValidString(part) || strings.ContainsAny(part, "\x00\n") {
				t.Errorf("%q: unclean part %q", raw, part)
			}
		}
	})
}
