package httpx

import "testing"

func TestADoubtfulAnswerIsBelievedWhenItKeepsComing(t *testing.T) {
	var d Confirmer
	d.NoteSuccess()
	look := d.BeginRequest()
	e := &Error{Kind: KindConfig, Confirmations: 3}
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
	var d Confirmer
	look := d.BeginRequest()
	e := &Error{Kind: KindConfig, Confirmations: 2}
	if _, again := look.AskAgain(e); !again {
		t.Fatal("believed at once")
	}
	d.NoteSuccess()
	if _, again := look.AskAgain(e); again || e.Kind != KindBadAnswer {
		t.Errorf("%v, %+v", again, e)
	}
}
