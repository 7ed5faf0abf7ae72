package usersync

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestBirthsThatLookUpsShowByNowAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b births
		bear := func(from, n int) {
			for i := range n {
				b.noteBirth(fmt.Sprint("user", from+i), "id")
			}
		}
		bear(0, 3*maxInfants)
		if len(b.made) != 3*maxInfants {
			t.Fatalf("%d of %d births of this moment are remembered", len(b.made), 3*maxInfants)
		}
		time.Sleep(infancy)
		if b.findNewborn("user1") != "id" {
			t.Error("somebody is not newborn any more in their infancy")
		}
		time.Sleep(time.Second)
		if b.findNewborn("user1") != "" {
			t.Error("somebody is still taken for newborn after their infancy")
		}
		bear(3*maxInfants, 3*maxInfants)
		if b.findNewborn(fmt.Sprint("user", 6*maxInfants-1)) != "id" {
			t.Error("the last birth is not remembered")
		}
		if len(b.made) > 4*maxInfants {
			t.Errorf("%d births are remembered, those from before their infancy's end included", len(b.made))
		}
	})
}

func TestTheFirstBirthBeyondTheBoundDropsTheOld(t *testing.T) {
	for _, tc := range []struct {
		births int
		age    time.Duration // when one more comes
		left   int
	}{
		{maxInfants, infancy, maxInfants + 1},
		{maxInfants, infancy + 1, 1},
		{maxInfants - 1, infancy + 1, maxInfants}, // few are not worth a look
	} {
		synctest.Test(t, func(t *testing.T) {
			var b births
			for i := range tc.births {
				b.noteBirth(fmt.Sprint("user", i), "id")
			}
			time.Sleep(tc.age)
			if b.noteBirth("last", "id"); len(b.made) != tc.left {
				t.Errorf("of %d births of %s ago and one more %d are remembered, not %d", tc.births, tc.age, len(b.made), tc.left)
			}
		})
	}
}
