package saas

import "testing"

func TestWhatIsSaidOfAFieldFirstCounts(t *testing.T) {
	var u Untaken
	u.Add("url", "a.example", "") // stored otherwise
	u.Add("url", "b.example", "no such host")
	u.Add("saas_name", "Box", "name is taken")
	for field, want := range map[string]string{"url": "no such host", "saas_name": "name is taken", "category": "nothing is known"} {
		if got := u.FirstRefusal(field, "nothing is known"); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
}

func TestRefusalsOfOneFieldCanBeForgotten(t *testing.T) {
	var u Untaken
	u.Add("saas_name", "Box", "name is taken")
	u.Add("saas_name", "Orbit", "") // stored otherwise
	u.Add("url", "b.example", "no such host")
	left := u.Without("saas_name")
	for _, tt := range []struct {
		field, value string
		want         bool
	}{{"saas_name", "Box", false}, {"saas_name", "Orbit", true}, {"url", "b.example", true}} {
		if !u.Has(tt.field, tt.value) || left.Has(tt.field, tt.value) != tt.want {
			t.Errorf("%s %q: %v before, %v after", tt.field, tt.value, u.Has(tt.field, tt.value), left.Has(tt.field, tt.value))
		}
	}
}
