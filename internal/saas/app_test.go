package saas

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAnAppIsMappedToItsRecord(t *testing.T) {
	tests := []struct {
		name string
		app  App
		want Record
	}{
		{"all that is known", App{ID: "11627", Name: " Dropbox\n", Vendor: "Dropbox,  Inc.", Category: "SAASDB_CATEGORY_CLOUD_STORAGE", Website: "https://*.Dropbox.com/"},
			Record{Name: "Dropbox", Vendor: "Dropbox, Inc.", Category: "Cloud storage", Website: "dropbox.com", Source: Source, LinkKey: "defender-app:11627"}},
		{"what nobody sees", App{ID: "7", Name: "\ufeffA\u200bpp\u00ad"}, Record{Name: "App", Source: Source, LinkKey: "defender-app:7"}},
		{"nothing that anybody sees", App{ID: "7", Name: "\u200b\u2060"}, Record{Name: "App 7", Source: Source, LinkKey: "defender-app:7"}},
		{"next to nothing", App{ID: "7"}, Record{Name: "App 7", Source: Source, LinkKey: "defender-app:7"}},
		{"a wildcard domain", App{ID: "7", Name: "A", Website: "*.A.example."}, Record{Name: "A", Website: "a.example", Source: Source, LinkKey: "defender-app:7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := MapApp(tt.app); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
	long := MapApp(App{ID: "7", Name: strings.Repeat("ü", 500)}).Name
	if n := utf8.RuneCountInString(long); n != maxAppName {
		t.Errorf("a long name has %d characters", n)
	}
}

func TestParseLinkKeyReadsWhatLinkKeyWrites(t *testing.T) {
	if id, ok := ParseLinkKey(LinkKey("11627")); id != "11627" || !ok {
		t.Errorf("got %q, %v", id, ok)
	}
	for _, key := range []string{"", "defender-app:", "defender-app:1 2", "okta:11627", "11627"} {
		if id, ok := ParseLinkKey(key); ok || id != "" {
			t.Errorf("%q reads as %q", key, id)
		}
	}
}

func TestReadableCategory(t *testing.T) {
	for id, want := range map[string]string{
		"SAASDB_CATEGORY_CLOUD_STORAGE":              "Cloud storage",
		"SAASDB_CATEGORY_CRM":                        "CRM",
		"SAASDB_CATEGORY_HUMAN_RESOURCES_AND_HR":     "Human resources and HR",
		"SAASDB_CATEGORY_SUPLLY_CHAIN_AND_LOGISTICS": "Supply chain and logistics",
		"SAASDB_CATEGORY_ECOMMERCE":                  "E-commerce",
		"SAASDB_CATEGORY_AI_MCP_SERVER":              "AI MCP server",
		"SAASDB_CATEGORY_":                           "",
		"cloudStorage":                               "Cloud storage",
		"generativeAi":                               "Generative AI",
		"generativeAI":                               "Generative AI",
		"eCommerce":                                  "E-commerce",
		"webmail":                                    "Webmail",
		"iaas":                                       "IaaS",
		"SOMETHING_NEW":                              "Something new",
		"Cloud storage":                              "Cloud storage",
		"IT Services & more":                         "IT Services & more",
		"":                                           "",
	} {
		if got := ReadableCategory(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

func FuzzReadableCategory(f *testing.F) {
	for _, s := range []string{"SAASDB_CATEGORY_CRM", "generativeAi", "a_b c", "_", "ßa", "e-commerce"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, id string) {
		got := ReadableCategory(id)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\x00") {
			t.Errorf("%q reads as %q", id, got)
		}
		if strings.HasPrefix(id, categoryPrefix) && strings.Contains(got, "_") {
			t.Errorf("%q is left as %q", id, got)
		}
	})
}
