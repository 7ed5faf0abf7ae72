package httpx

import "testing"

func TestErrorsOfPagesSayWhatIsWrongWithThem(t *testing.T) {
	for want, err := range map[string]error{
		"Defender: turn the page: the server ignores skip: the page at 200 is the one at 100 again (going on would read the same rows for ever; report this with the tenant's region)": RepeatedPage("Defender", 200, 100),
		"Defender: read a list: the page is empty, and yet there is said to be more":                                                                                                   EmptyPage("Defender"),
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	if KindOf(RepeatedPage("x", 1, 2)) != KindContract || !KindOf(EmptyPage("x")).Retryable() {
		t.Error("a page that is repeated stays so; an empty one may be filled the next time")
	}
}
