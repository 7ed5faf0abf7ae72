package saas

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Source is what the field Source of our records in Oomnitza says.
const Source = "Microsoft Defender for Cloud Apps"

// linkPrefix begins the link keys of this integration.
const linkPrefix = "defender-app:"

// maxAppName bounds, in characters, the name of a record.
const maxAppName = 200

// MapApp returns the record that an app is to have. What Defender does not know
// of the app is empty.
func MapApp(a App) Record {
	return Record{
		Name:     appName(a),
		Vendor:   oneLine(a.Vendor),
		Category: ReadableCategory(a.Category),
		Website:  websiteHost(a.Website),
		Source:   Source,
		LinkKey:  LinkKey(a.ID),
	}
}

// LinkKey is what a record made by us remembers of the app it stands for.
func LinkKey(appID string) string { return linkPrefix + appID }

// ParseLinkKey reads the app id out of a link key; ok is false when the key
// isn't one of ours.
func ParseLinkKey(key string) (appID string, ok bool) {
	appID, ok = strings.CutPrefix(key, linkPrefix)
	if !ok || appID == "" || hasSpace(appID) {
		return "", false
	}
	return appID, true
}

// appName is the app's name on one line and within bounds. A name is the key
// by which Oomnitza tells records apart, so there always is one.
func appName(a App) string {
	name := oneLine(a.Name)
	if name == "" {
		return "App " + a.ID
	}
	return name
}

// nameWithID is the name of an app's record when another app has taken the plain
// one.
func nameWithID(a App) string { return appName(a) + " (" + a.ID + ")" }

// oneLine joins the words of s by single spaces, without control characters and
// what nobody sees: "App" with a byte order mark before it is "App".
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, StripInvisible(strings.ToValidUTF8(s, "")))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxAppName {
		s = strings.TrimSpace(string([]rune(s)[:maxAppName]))
	}
	return s
}

// websiteHost is the host of an app's site; "" where there is none.
func websiteHost(s string) string {
	host, _ := hostOf(s)
	return host
}
