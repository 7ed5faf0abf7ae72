package oomnitza

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"defendersync/internal/httpx"
	"defendersync/internal/mask"
	"defendersync/internal/saas"
)

func TestAListOfUsersThatNeverEndsIsABadAnswer(t *testing.T) {
	for name, pieces := range map[string][2]string{
		"an endless text": {`[{"user_id":"`, strings.Repeat("a", 1<<16)},
		"an endless row":  {`[{"user_id":1`, `,"a":` + strings.Repeat("1", 1<<10)},
		"large rows":      {`[{"user_id":1}`, `,{"user_id":2,"a":"` + strings.Repeat("a", 800<<10) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				var err error
				for _, err = io.WriteString(w, pieces[0]); err == nil; {
					_, err = io.WriteString(w, pieces[1])
				}
			})
			n := 0
			err := c.Assigned(t.Context(), "1", func(Assigned) error { n++; return nil })
			wantKind(t, err, httpx.KindBadAnswer)
			if !errors.Is(err, httpx.ErrTooLong) || n > 10 {
				t.Errorf("%d rows: %v", n, err)
			}
		})
	}
}

func TestAListOfAHundredThousandUsersIsRead(t *testing.T) {
	const users = 120_000
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "\ufeff[")
		for i := range users {
			if i > 0 {
				io.WriteString(w, ",")
			}
			fmt.Fprintf(w, `{"user_id":%d,"username":"somebody.%d@contoso.com","last_visit":NaN}`, i+1, i)
		}
		io.WriteString(w, "]")
	})
	n := 0
	err := c.Assigned(t.Context(), "1", func(a Assigned) error { n++; return nil })
	if err != nil || n != users {
		t.Errorf("%d users: %v", n, err)
	}
}

func TestAListHoldsWhatWasAskedForAndALittleMore(t *testing.T) {
	_, c := newFake(t, answer(200, "["+strings.Repeat(`{"user_id":1,"username":"a"},`, 2*pageSize)+`{}]`))
	_, err := c.FindPeople(t.Context(), []string{"a"})
	wantKind(t, err, httpx.KindBadAnswer)
	wantText(t, err, "asked for")
}

func TestAnAnswerToAWriteIsBounded(t *testing.T) {
	_, c := newFake(t, answer(200, `{"errors":["`+strings.Repeat("a", maxWritten)+`"]}`))
	_, err := c.Assign(t.Context(), "1", []Assignment{{UserID: "1"}})
	wantKind(t, err, httpx.KindBadAnswer)
}

func TestARefusalDoesNotRepeatThePerson(t *testing.T) {
	p := saas.Person{Username: "carole", Email: "carole.gupta@contoso.com", FirstName: "Carole", LastName: "Gupta", Role: 25}
	for status, body := range map[int]string{
		400: `{"errors":["row {'username': 'carole', 'first_name': 'Carole'}: carole.gupta@contoso.com (Gupta, Carole) is not allowed"]}`,
		200: `{"errors":["carole may not: Gupta"]}`,
	} {
		_, c := newFake(t, answer(status, body))
		_, err := c.CreatePerson(t.Context(), p)
		wantKind(t, err, httpx.KindRefused)
		for _, word := range []string{"carole", "Gupta", "gupta"} {
			if strings.Contains(mask.Text(err.Error()), word) {
				t.Errorf("%d: %v", status, err)
			}
		}
	}
}
