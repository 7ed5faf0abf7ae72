package query

import (
	"time"

	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
)

// App is a SaaS record in Oomnitza.
type App struct {
	ID          string // Oomnitza's
	DefenderID  string // of the app that the record stands for; "" where the record does not have it
	Name        string
	Category    string
	Website     string
	Vendor      string
	CreatedBy   string
	Created     time.Time // zero where it is unknown
	ActiveUsers int       // by ActiveFrom: counted from the assignments, or the record's Total Active Users
	Counted     bool      // ActiveUsers was counted from the assignments
	Unknown     bool      // ActiveUsers is a minimum: Oomnitza has no last activity for most users

	AI         bool // its category is one of AI, by the record or by Defender
	Other      bool // with WithOthers: somebody else made the record
	mayBe      int  // users who may be active too, where Unknown
	maintained bool // sessions maintain the record's number of active users
	marked     bool // by its link key or source, this integration made the record, whatever Created by shows

	// Read from the app's assignments, with WithUsers.
	Users        int
	InUse        int       // users who are active now, by the app's threshold
	LastActivity time.Time // latest of all users; zero: unknown

	// Read live from Defender, with WithRisk.
	Discovered bool // Defender has the app
	Risk       float64
	Tag        string    // Sanctioned, Unsanctioned, …; "": none
	LastSeen   time.Time // latest traffic

	Sites []string // the app's domains that match the website filters, where domains were searched
	// LiveWebsite is the one that Defender knows of an app whose record has none, where
	// risk was read.
	LiveWebsite string
}

func (s Source) appOf(r saas.Record) App {
	id, linked := saas.ParseLinkKey(r.LinkKey)
	own := s.Policy.IntegrationUser != "" && saas.Fold(r.CreatedBy) == saas.Fold(s.Policy.IntegrationUser)
	return App{ID: r.ID, DefenderID: id, Name: r.Name, Category: r.Category, AI: saas.IsAI(r.Category), Website: r.Website, Vendor: r.Vendor,
		CreatedBy: r.CreatedBy, Created: oomnitza.CreatedAt(r), ActiveUsers: r.ActiveUsers,
		maintained: linked || own && r.LinkKey == "", marked: linked || r.Source == saas.Source}
}
