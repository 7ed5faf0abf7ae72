package contract

import (
	"testing"
	"time"
)

var eight = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

func TestANoteComesBackAsItWas(t *testing.T) {
	for name, p := range map[string]PauseNote{
		"paused":                    {By: "ann@desk", From: eight, Reason: "audit: week 48"},
		"paused without a reason":   {By: "ann@desk", From: eight},
		"resumed":                   {By: "ann@desk", From: eight, Reason: "audit", Until: eight.Add(time.Hour), Resumer: "bob@desk"},
		"resumed without a reason":  {By: "ann@desk", From: eight, Until: eight.Add(time.Hour), Resumer: "bob@desk"},
		"until a time":              {By: "ann@desk", From: eight, Ends: eight.Add(72 * time.Hour), Reason: "audit: until 2026"},
		"until a time, no reason":   {By: "ann@desk", From: eight, Ends: eight.Add(72 * time.Hour)},
		"until a time, and resumed": {By: "ann@desk", From: eight, Ends: eight.Add(72 * time.Hour), Until: eight.Add(time.Hour), Resumer: "bob@desk", Reason: "audit"},
		"a reason that looks alike": {By: "ann@desk", From: eight, Reason: "since 2026 at: x"},
	} {
		if got, ok := ParsePauseNote(p.String()); !ok || got != p {
			t.Errorf("%s: %q came back as %+v, %v", name, p.String(), got, ok)
		}
	}
}

func TestOtherNotesAreNotOurs(t *testing.T) {
	for _, note := range []string{
		"", "Paused via web UI", "paused due to workflow failure: session/x: boom", "Paused on purpose by ann",
		"Paused on purpose by ann since yesterday", "Paused on purpose by ann since " + eight.Format(time.RFC3339) + " until noon", "Resumed by bob", "Resumed by bob at noon; it was paused on purpose by ann since " + eight.Format(time.RFC3339),
	} {
		if p, ok := ParsePauseNote(note); ok {
			t.Errorf("%q was taken for %+v", note, p)
		}
	}
}

func TestAPauseCoversFromItsBeginToItsEnd(t *testing.T) {
	p := PauseNote{From: eight, Until: eight.Add(time.Hour)}
	for at, want := range map[time.Duration]bool{-time.Second: false, 0: true, 59 * time.Minute: true, time.Hour: false} {
		if p.CoversTime(eight.Add(at)) != want {
			t.Errorf("after %s: %v", at, !want)
		}
	}
	ending := PauseNote{From: eight, Ends: eight.Add(2 * time.Hour)}
	if !ending.CoversTime(eight.Add(time.Hour)) || ending.CoversTime(ending.Ends) {
		t.Error("a pause with an end lasts until then")
	}
	if ending.Until = eight.Add(time.Hour); ending.CoversTime(eight.Add(time.Hour)) {
		t.Error("a pause that was resumed before its end lasted until it was resumed")
	}
	if !(PauseNote{From: eight}).CoversTime(eight.Add(1000*time.Hour)) || (PauseNote{}).CoversTime(eight) {
		t.Error("an open pause lasts, and none covers nothing")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(PauseNote{By: "a", From: eight, Reason: "r"}.String())
	f.Add(PauseNote{By: "a", From: eight, Ends: eight, Reason: "r"}.String())
	f.Add(PauseNote{By: "a", From: eight, Until: eight, Resumer: "b"}.String())
	f.Fuzz(func(t *testing.T, note string) {
		if p, ok := ParsePauseNote(note); ok {
			if again, ok := ParsePauseNote(p.String()); !ok || !again.From.Equal(p.From) || !again.Until.Equal(p.Until) || !again.Ends.Equal(p.Ends) {
				t.Errorf("%q was read as %+v and comes back as %+v", note, p, again)
			}
		}
	})
}
