package saas

import "testing"

func TestPlainTextIsASCII(t *testing.T) {
	for text, want := range map[string]bool{"": true, "alice": true, "\x7f": true, "\x80": false, "ü": false, "a\u0080": false} {
		if isPlain(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

func TestAJoinerStaysBetweenLettersThatAreJoined(t *testing.T) {
	for text, want := range map[string]string{
		"ب\u200cب": "ب\u200cب", "ب\u200cx": "بx", "x\u200cب": "xب", "\u200cب": "ب", "xx\u200cبx": "xxبx", "ببx\u200dب": "ببxب",
	} {
		if got := StripInvisible(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestInvisibleCharactersBeginAtTheSoftHyphen(t *testing.T) {
	for r, want := range map[rune]bool{0xac: false, 0xad: true, 0xae: false, '\u180e': true, '\u034f': true, '\u2800': true, '\u2801': false, '\u0600': false} {
		if isInvisible(r) != want {
			t.Errorf("%U: %v", r, !want)
		}
	}
}
