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
			Identity{KindEmail, "Alice.Smith@Contoso.COM", "alice.smith@contoso.com", "", "alice.smith", "contoso.com", "alice.smith"}},
		{"a guest has their own address", "Bob_Fabrikam.com#EXT#@contoso.onmicrosoft.com",
			Identity{KindEmail, "Bob_Fabrikam.com#EXT#@contoso.onmicrosoft.com", "bob@fabrikam.com", "bob_fabrikam.com#ext#@contoso.onmicrosoft.com",
				"bob", "fabrikam.com", "bob"}},
		{"letters beyond ASCII are fine", "JÜRGEN@müller.example",
			Identity{KindEmail, "JÜRGEN@müller.example", "jürgen@müller.example", "", "jürgen", "müller.example", "jürgen"}},
		{"a domain account", `CONTOSO\Alice`, Identity{KindDomainUser, `CONTOSO\Alice`, "", "", "", "CONTOSO", "Alice"}},
		{"a bare account", "alice", Identity{KindBare, "alice", "", "", "", "", "alice"}},
		{"a display name is no account", "Alice Smith", Identity{Kind: KindOther, Raw: "Alice Smith"}},
		{"a domain without a dot is no address", "alice@server", Identity{Kind: KindOther, Raw: "alice@server"}},
		{"two dots in a domain", "alice@contoso..com", Identity{Kind: KindOther, Raw: "alice@contoso..com"}},
		{"two backslashes", `A\B\C`, Identity{Kind: KindOther, Raw: `A\B\C`}},
		{"a backslash and nothing", `CONTOSO\`, Identity{Kind: KindOther, Raw: `CONTOSO\`}},
		{"a control character", "ali\x00ce", Identity{Kind: KindOther, Raw: "ali\x00ce"}},
		{"text that isn't UTF-8", "ali\xffce", Identity{Kind: KindOther, Raw: "ali\xffce"}},
		{"an anonymised user", "User_KSzxdM1v833oYU1kLo9m7w==", Identity{Kind: KindAnonymised, Raw: "User_KSzxdM1v833oYU1kLo9m7w=="}},
		{"somebody called User_", "User_one", Identity{KindBare, "User_one", "", "", "", "", "User_one"}},
		{"a machine", "LAPTOP-17$", Identity{KindDevice, "LAPTOP-17$", "", "", "", "", "LAPTOP-17$"}},
		{"a machine in a domain", `CONTOSO\LAPTOP-17$`, Identity{KindDevice, `CONTOSO\LAPTOP-17$`, "", "", "", "CONTOSO", "LAPTOP-17$"}},
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

func TestAnAddressIsFoundInWhatLogSourcesPutAroundIt(t *testing.T) {
	const alice = "alice@contoso.com"
	for raw, want := range map[string]string{
		"alice@contoso.com\u200b": alice, "\ufeffalice@contoso.com": alice, "ali\u00adce@contoso.com": alice,
		"\u200ealice@contoso.com\u200f": alice, "\u202aalice@contoso.com\u202c": alice, "\u2066alice\u2069@contoso.com": alice,
		"alice\ufe0f@contoso.com": alice, "alice@contoso\u2060.com": alice, "alice\u200c\u200d@contoso.com": alice,
		"\u00a0alice@contoso.com\u3000": alice, "ａｌｉｃｅ＠ｃｏｎｔｏｓｏ．ｃｏｍ": alice,
		"ju\u0308rgen@contoso.com": "jürgen@contoso.com", "jürgen@xn--bcher-kva.example": "jürgen@bücher.example",
		`"Alice@Contoso.com"`: alice, "'alice@contoso.com'": alice, "“alice@contoso.com”": alice, "<alice@contoso.com>": alice,
		"mailto:alice@contoso.com": alice, "SMTP:Alice@contoso.com": alice, "sip:alice@contoso.com;transport=tls": alice,
		"mailto:alice@contoso.com?subject=x": alice, "acct:alice@contoso.com": alice, "smtp: alice@contoso.com": alice,
		"alice@contoso.com.": alice, "alice@contoso.com,": alice, "alice@contoso.com;": alice,
		`AzureAD\alice@contoso.com`: alice, `CONTOSO\\alice@contoso.com`: alice, `\\AzureAD\Alice@contoso.com`: alice,
		`MicrosoftAccount\bob@outlook.example`: "bob@outlook.example",
		"i:0#.f|membership|alice@contoso.com":  alice, "I:0#.F|Membership|alice@contoso.com": alice,
		"i:0#.f|membership|bob_partner.example#ext#@contoso.onmicrosoft.com": "bob@partner.example",
		"live.com#bob@outlook.example":                                       "bob@outlook.example",
		"alice_partner.example#EXT#@contoso.onmicrosoft.com":                 "alice@partner.example",
		"alice_b_c_partner.example#EXT#@contoso.onmicrosoft.com":             "alice_b_c@partner.example",
		`AzureAD\alice_partner.example#EXT#@c.onmicrosoft.com`:               "alice@partner.example",
		"alice_partner.example%23EXT%23%40contoso.onmicrosoft.com":           "alice@partner.example",
		"Alice Example <alice@contoso.com>":                                  alice, `"Example, Alice" <Alice@contoso.com>`: alice,
		"Alice Example (alice@contoso.com)": alice, "alice@contoso.com (Alice Example)": alice, "Alice [mailto:alice@contoso.com]": alice,
		"alice%40contoso.com": alice, "alice%40contoso%2Ecom": alice, "alice@contoso.com%20": alice, "alice&#64;contoso.com": alice, "&#8203;alice@contoso.com": alice,
		"i%3A0%23.f%7Cmembership%7Calice%40contoso.com": alice, "0#.f|membership|alice@contoso.com": alice, "urn:spo:guest#bob@partner.example": "bob@partner.example",
		"mail#bob@partner.example": "bob@partner.example", "bob@partner.example#EXT#@contoso.onmicrosoft.com": "bob@partner.example",
		"bob_partner.example#EXT#": "bob@partner.example", `contoso\bob_partner.example#EXT#`: "bob@partner.example",
		"bob_partner.example%23EXT%23@contoso.onmicrosoft.com": "bob@partner.example", "alice\u2800@contoso.com": alice, "alice@contoso.com\x00": alice,
		"'alice@contoso.com": alice, "alice@contoso.com'": alice, "upn=alice@contoso.com": alice, "userPrincipalName: alice@contoso.com": alice, "https://alice@contoso.com": alice,
		"AzureAD/alice@contoso.com": alice, "AzureAD+alice@contoso.com": alice, "CONTOSO/alice@contoso.com": alice, `alice@contoso.com\alice`: alice, `alice@contoso.com\n`: alice,
		"alice@contoso.com@CONTOSO.COM": alice, `alice\@contoso.com@CONTOSO.COM`: alice, "o&#39;brien@contoso.com": "o'brien@contoso.com", "AD/alice.smith@contoso.com": "alice.smith@contoso.com",
		"o'brien@contoso.com": "o'brien@contoso.com", "a+b@contoso.com": "a+b@contoso.com", "o#brien@contoso.com": "o#brien@contoso.com",
		// These hold no address, or none that can be told.
		"noone#EXT#@contoso.onmicrosoft.com": "noone#ext#@contoso.onmicrosoft.com", "bob and alice@contoso.com": "", "alice@contoso.com, bob@contoso.com": "",
	} {
		if got := ParseIdentity(raw); got.Email != want || (want != "") != (got.Kind == KindEmail) {
			t.Errorf("%q: %+v, want %q", raw, got, want)
		}
	}
}

func TestADomainAccountIsFoundInAClaim(t *testing.T) {
	for _, raw := range []string{`i:0#.w|CONTOSO\alice`, `CONTOSO\\alice`, `\\CONTOSO\alice`, `"CONTOSO\alice"`, "CONTOSO\\ali\u200bce",
		`Alice Example (CONTOSO\alice)`, `CONTOSO\alice (Alice Example)`, `CONTOSO%5Calice`, "CONTOSO/alice", "CONTOSO+alice"} {
		if got := ParseIdentity(raw); got.Kind != KindDomainUser || got.Domain != "CONTOSO" || got.Account != "alice" {
			t.Errorf("%q: %+v", raw, got)
		}
	}
}

func TestOnlyWhatNobodySeesIsRemoved(t *testing.T) {
	for text, want := range map[string]string{
		"Zoë": "Zoë", "Ali\u00adce": "Alice", "Café\ufeff": "Café", "a\u200bb\u2060c": "abc",
		"می\u200cخواهم": "می\u200cخواهم", "क्\u200dष": "क्\u200dष", "x\u200dy": "xy", "👩\u200d💻": "👩\u200d💻",
		"a\U000e0061b": "ab", "\u115fa\u3164": "a", "a\xff\u200b": "a\xff", "re\u0301sume\u0301": "re\u0301sume\u0301", "١\u0600": "١\u0600",
	} {
		if got := StripInvisible(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestServiceAccountsAreToldFromPeople(t *testing.T) {
	for raw, want := range map[string]IdentityKind{
		`NT AUTHORITY\SYSTEM`: KindService, `nt authority\alice`: KindService, "system": KindService,
		"LOCAL SERVICE": KindService, `NT SERVICE\MSSQL`: KindService, `Window Manager\DWM-1`: KindService,
		"svc-backup": KindService, `CONTOSO\SVC_SQL`: KindService, "svc.mail@contoso.com": KindService,
		"HealthMailbox1234": KindService, "MSOL_ab12": KindService,
		"Sync_DC01_0a1b2c@contoso.onmicrosoft.com": KindService, "Sync_SRV_A-1_1f2e3d4c5b6a@contoso.com": KindService, "AAD_0a1b2c3d4e5f": KindService,
		`NT-AUTORITÄT\Lokaler Dienst`: KindService, "NT-AUTORITA\u0308T\\SYSTEM": KindService, `AUTORITE NT\Système`: KindService, `NT INSTANS\x`: KindService,
		`AUTORIDADE NT\SERVIÇO LOCAL`: KindService, `ZARZĄDZANIE NT\SYSTEM`: KindService, "Netzwerkdienst": KindService, "SERVICE RÉSEAU": KindService,
		"anonymous logon": KindService, "ANONYMOUS-ANMELDUNG": KindService, `CONTOSO\Administrateur`: KindService, "administrator": KindService,
		`SHAREPOINT\system`: KindService, "DWM-2": KindService, "UMFD-0": KindService, "SystemMailbox{1f05a927-3be2-4fb9-aa03-b59fe3b56f4c}@contoso.com": KindService,
		"DiscoverySearchMailbox{D919BA05-46A6-415f-80AD-7E09334BB852}@contoso.com": KindService, "SM_0f1e2d3c4b5a69788@contoso.com": KindService,
		"system$": KindDevice,
		"-":       KindEmpty, "N/A": KindEmpty, "n/a": KindEmpty, "unknown": KindEmpty, "NULL": KindEmpty, "(none)": KindEmpty, "<Unknown>": KindEmpty, `"-"`: KindEmpty,
		"Unknown User": KindEmpty, "unbekannt": KindEmpty, "inconnu": KindEmpty, `-\-`: KindEmpty, `N/A\unknown`: KindEmpty, "不明": KindEmpty, "\u200b-": KindEmpty,
		"AnonymousUser": KindAnonymised,
		"S-1-5-21-3623811015-3361044348-30300820-512": KindOpaque, "s-1-5-18": KindOpaque, `CONTOSO\S-1-5-21-1-2-3-1104`: KindOpaque,
		"0a1b2c3d-0000-4000-8000-00000000abcd": KindOpaque, "{0A1B2C3D-0000-4000-8000-00000000ABCD}": KindOpaque,
		"***": KindEmpty, "[]": KindEmpty, "...": KindEmpty, "\u2800": KindEmpty, "Deleted User": KindEmpty, "utilisateur inconnu": KindEmpty, "unbekannter Benutzer": KindEmpty, "匿名": KindEmpty,
		`CONTOSO\unknown`: KindEmpty, `CONTOSO\N/A`: KindEmpty, "[object Object]": KindEmpty, "[deleted]": KindEmpty,
		"192.0.2.1": KindDevice, "2001:db8::1": KindDevice, "00-11-22-33-44-55": KindDevice, "HOST/pc1.contoso.com@CONTOSO.COM": KindDevice, "host/pc1": KindDevice,
		"MSOLAPSvc.3/db1.contoso.com@CONTOSO.COM": KindDevice, "krbtgt/CONTOSO.COM@CONTOSO.COM": KindDevice,
		"krbtgt_123": KindService, "defaultuser0": KindService, "package_8f3e7716-2011-43e4-96b1-aba62d229136@contoso.com": KindService, "NT AUTHORITY": KindService,
		"$431000-0A1B2C3D4E5F": KindService, "СЕТЕВАЯ СЛУЖБА": KindService, "Síťová služba": KindService, "root": KindService,
		"uid=alice,ou=People,dc=contoso,dc=com": KindOther, "c:0t.c|tenant|f1-22": KindOther,
		// People.
		"10030000a1b2c3d4": KindBare, "Root@contoso.com": KindEmail, "alice/admin": KindBare, "package_team@contoso.com": KindEmail, "defaultuser": KindBare, `CONTOSO\blank`: KindDomainUser,
		"alice.smith+x@contoso.com": KindEmail, "ab-cd": KindBare, `\alice`: KindBare,
		"ana": KindBare, "na": KindBare, "Null": KindEmpty, "null@contoso.com": KindEmail, "chris.null@contoso.com": KindEmail, `CONTOSO\null`: KindDomainUser,
		"unknown@contoso.com": KindEmail, "sync_team@contoso.com": KindEmail, "sync@contoso.com": KindEmail, "none.other@contoso.com": KindEmail,
		"guest": KindBare, `CONTOSO\gast`: KindDomainUser, `NT-CORP\alice`: KindDomainUser, `ACME-NT\alice`: KindDomainUser, "Nathan Null": KindOther,
		"s-1": KindBare, "s-100-200": KindBare, "dwm": KindBare, "administrator@contoso.com": KindEmail, "sm_smith@contoso.com": KindEmail, "systema": KindBare,
		"beata@contoso.com": KindEmail, "deadbeef": KindBare, "u-": KindBare, "Anonimov": KindBare,
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
	for _, s := range []string{"alice@contoso.com", `C\a`, "User_KSzxdM1v833oYU1kLo9m7w==", "h$", "@", `\`, "a@b.c@d.e", "İ@i.İ", "a@0.xn--", "a@0.xn--a", `\ \0`,
		"a_b.c#EXT#@d.e", "i:0#.f|m|a@b.c", "\"x\" <mailto:a@b.c?d>", `X\\a@b.c`, "live.com#a@b.c", "a%40b.c", "ａ＠b.xn--p1ai\u200b", "S-1-5-18", "(none)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		id := ParseIdentity(raw)
		if id.Kind == KindEmail {
			if id.Local+"@"+id.Domain != id.Email || id.Local == "" || id.Domain == "" {
				t.Errorf("%q: parts don't make the address: %+v", raw, id)
			}
		}
		if id.Kind == KindDomainUser {
			if again := ParseIdentity(id.Domain + `\` + id.Account); again.Domain != id.Domain || again.Account != id.Account {
				t.Errorf("%q: the parts of %+v make %+v", raw, id, again)
			}
		}
		if again := ParseIdentity(id.Email); id.Email != "" && id.UPN == "" && (again.Email != id.Email && !strings.Contains(id.Email, "#")) {
			t.Errorf("%q is %q, which is %q", raw, id.Email, again.Email)
		}
		for _, part := range []string{id.Email, id.Account, id.Domain} {
			if !utf8.ValidString(part) || strings.ContainsAny(part, "\x00\n") {
				t.Errorf("%q: unclean part %q", raw, part)
			}
		}
	})
}
