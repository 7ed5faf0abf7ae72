package usersync

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// NoteNamesRequired is the note of a tenant that takes nobody without a first
// and a last name.
const NoteNamesRequired = "Oomnitza requires first and last names: where Defender shows none, they were made from the account's name"

// judgeRefusal tells a refusal of this person from one of the role, which
// everybody would meet: the next one does, too.
func (c *creation) judgeRefusal(err error) (got created, again bool, _ error) {
	if !speaksOfRole(err, c.person) || !c.known.blamesRole(c.key) {
		return created{refusal: err}, false, nil
	}
	var e *httpx.Error
	errors.As(err, &e)
	return created{}, false, &httpx.Error{
		Peer: e.Peer, Op: e.Op, Kind: httpx.KindConfig, Status: e.Status, Message: e.Message,
		Hint: fmt.Sprintf("INTEGRATION_DEFAULT_ROLE is %d: set it to the id of a role that the tenant has", c.person.Role),
	}
}

// Words that name a person's fields in a refusal.
var (
	roleWords  = []string{"role", "roles", "role_id", "roleid", "default_role"}
	nameWords  = []string{"first_name", "firstname", "first", "last_name", "lastname", "last", "surname", "given", "family", "full_name", "fullname"}
	otherWords = []string{"email", "e-mail", "mail", "username", "user_name", "login", "domain", "address", "phone", "phone_number", "position", "external_id"}
)

// speaksOfRole reports whether a refusal is about the role. The person's own
// names and whatever looks like an address say nothing, and a field that is
// named before the role is the one that is meant.
func speaksOfRole(err error, p saas.Person) bool {
	for _, word := range listWords(err, p) {
		if slices.Contains(roleWords, word) {
			return true
		}
		if slices.Contains(otherWords, word) || slices.Contains(nameWords, word) {
			return false
		}
	}
	return false
}

// asksForNames reports whether a refusal is about a first or last name that is
// missing.
func asksForNames(err error) bool {
	words := listWords(err, saas.Person{})
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(nameWords, w) })
}

// listWords lists the words of a refusal in lower case, without those that
// come from the person.
func listWords(err error, p saas.Person) []string {
	var e *httpx.Error
	if !errors.As(err, &e) {
		return nil
	}
	own := map[string]bool{}
	for _, name := range []string{p.FirstName, p.LastName, p.Username, p.Email} {
		own[strings.ToLower(name)] = true
	}
	var out []string
	for _, field := range strings.Fields(strings.ToLower(e.Message)) {
		if strings.Contains(field, "@") || strings.Contains(strings.Trim(field, ".,;:!?\"'`()[]{}"), ".") {
			continue
		}
		for _, word := range strings.FieldsFunc(field, func(r rune) bool { return !isWordRune(r) }) {
			if !own[word] {
				out = append(out, word)
			}
		}
	}
	return out
}

// isWordRune reports whether a character is part of a word: a name with a hyphen
// or an underscore is one word.
func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-'
}

// fillNames gives the person a first and a last name, and reports whether any
// was missing. They come from the local part of the account: its first and its
// last piece, or the whole for both.
func (c *creation) fillNames() bool {
	if c.named || (c.person.FirstName != "" && c.person.LastName != "") {
		return false
	}
	c.named = true
	first, last := makeNames(c.person)
	if c.person.FirstName == "" {
		c.person.FirstName = first
	}
	if c.person.LastName == "" {
		c.person.LastName = last
	}
	return true
}

// makeNames makes a first and a last name from the account's own.
func makeNames(p saas.Person) (first, last string) {
	account := p.Email
	if account == "" {
		account = p.Username[strings.LastIndexByte(p.Username, '\\')+1:]
	}
	local, _, _ := strings.Cut(account, "@")
	pieces := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
	if len(pieces) == 0 {
		pieces = []string{account}
	}
	return saas.Capitalise(pieces[0]), saas.Capitalise(pieces[len(pieces)-1])
}
