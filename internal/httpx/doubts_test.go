package httpx

import "testing"

func TestADoubtfulAnswerIsBelievedWhenItKeepsComing(t *testing.T) {
	var d Doubts
	d.NoteSuccess()
	look := d.Look()
	e := &Error{Kind: KindConfig, Looks: 3}
	for i := range 2 {
		if tries, again := look.AskAgain(e); !again || tries != i {
			t.Fatalf("look %d: %d, %v", i, tries, again)
		}
	}
	if _, again := look.AskAgain(e); again || e.Kind != KindConfig {
		t.Errorf("%v, %+v", again, e)
	}
	if _, again := look.AskAgain(&Error{Kind: KindRefused}); again {
		t.Error("an answer that is plain is asked for again")
	}
}

func TestADoubtfulAnswerIsMerelyBadWhileOthersWork(t *testing.T) {
	var d Doubts
	look := d.Look()
	e := &Error{Kind: KindConfig, Looks: 2}
	if _, again := look.AskAgain(e); !again {
		t.Fatal("believed at once")
	}
	d.NoteSuccess()
	if _, again := look.AskAgain(e); again || e.Kind != KindBadAnswer {
		t.Errorf("%v, %+v", again, e)
	}
}
