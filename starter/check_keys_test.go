package main

import (
	"testing"

	"defendersync/internal/config"
	"defendersync/internal/sessions"
	"defendersync/internal/testing/simulator"
)

func TestCheckSaysWhichKeysAreStillNeeded(t *testing.T) {
	keys, err := config.ParsePayloadKeys("new:" + keyTwo + ",old:" + keyOne)
	if err != nil {
		t.Fatal(err)
	}
	for want, uses := range map[string][]sessions.KeyUse{
		"new encrypts; old is needed by nothing but sessions that have ended":                                          {{What: "the schedule", Key: "new"}, {What: "the watch", Key: "new"}},
		"new encrypts; old is needed by the watch, the schedule":                                                       {{What: "the watch", Key: "old"}, {What: "the schedule", Key: "old"}, {What: "the watch", Key: "old"}},
		"new encrypts; old is needed by nothing but sessions that have ended; not encrypted: the schedule, report top": {{What: "the schedule"}, {What: "report top"}},
	} {
		if got := judgeKeys(keys, uses); got.status != statusOK || got.detail != want {
			t.Errorf("%+v\nnot %s", got, want)
		}
	}
}

func TestCheckNamesWhatAKeyIsNeededFor(t *testing.T) {
	r := newRig(t, simulator.Options{})
	if _, there := r.checked(exitCompleted)["Encryption keys"]; there {
		t.Error("without a key, check speaks of keys")
	}
	old := "PAYLOAD_ENCRYPTION_KEY=old:" + keyOne
	finds(t, r.checked(exitCompleted, old), statusOK, "old encrypts", "Encryption keys")
	r.runWith([]string{old}, "schedule", "apply").ends(exitCompleted)
	both := "PAYLOAD_ENCRYPTION_KEY=new:" + keyTwo + ",old:" + keyOne
	finds(t, r.checked(exitFailed, both), statusOK, "new encrypts; old is needed by the schedule, the watch", "Encryption keys")
	r.runWith([]string{both}, "schedule", "apply").ends(exitCompleted) // no worker renews the watch
	finds(t, r.checked(exitFailed, both), statusOK, "new encrypts; old is needed by the watch", "Encryption keys")
}

func TestCheckNamesTheReportsThatNeedAKey(t *testing.T) {
	r, _, _ := newReader(t)
	old, both := "PAYLOAD_ENCRYPTION_KEY=old:"+keyOne, "PAYLOAD_ENCRYPTION_KEY=new:"+keyTwo+",old:"+keyOne
	r.runWith([]string{old}, "report", "subscribe", "--all").ends(exitCompleted)
	r.runWith([]string{both}, "report", "subscribe", "websites").ends(exitCompleted).prints("updated")
	finds(t, r.checked(exitCompleted, both), statusOK, "new encrypts; old is needed by report most-used", "Encryption keys")
	r.run("report", "unsubscribe", "most-used").ends(exitCompleted)
	finds(t, r.checked(exitCompleted, both), statusOK, "old is needed by nothing", "Encryption keys")
}
