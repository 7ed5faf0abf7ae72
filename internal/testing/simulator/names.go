package simulator

import (
	_ "embed"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
)

// brandsTSV is described in data/README.md.
//
//go:embed data/brands.tsv
var brandsTSV string

// brand is an app's name and the domain of its site.
type brand struct{ name, domain string }

func loadBrands() []brand {
	lines := strings.Split(strings.TrimRight(brandsTSV, "\n"), "\n")
	out := make([]brand, len(lines))
	for i, line := range lines {
		out[i].name, out[i].domain, _ = strings.Cut(line, "\t")
	}
	return out
}

// The syllables of apps beyond the known brands.
var (
	appHeads = strings.Fields(`Acorn Alder Amber Anchor Apex Aspen Atlas Aurora Axiom Basalt Beacon Birch Bolt Breeze Bright
		Cedar Cinder Clover Cobalt Copper Coral Crest Cypress Delta Drift Eagle Ember Falcon Fern Flint Forge Garnet Glacier
		Granite Harbor Hazel Helix Indigo Iron Ivory Jade Juniper Kestrel Lantern Larch Laurel Linden Lumen Maple Marble
		Meridian Meteor Mistral Nimbus North Nova Oak Onyx Opal Orchid Osprey Pebble Pine Pioneer Prism Quartz Quill Raven
		Ridge River Rowan Saffron Sequoia Silver Sparrow Spruce Summit Tidal Timber Topaz Vector Velvet Willow Zephyr`)
	appTails = strings.Fields(`base bench board book box bridge cart cast chain chart check circle craft data deck desk dock
		drive field file flow folio form frame gate grid group guard hub kit lab lane ledger lens lift line link list loop mail
		map mark mate mesh mind note pad page path pay peak pilot plan point port post pulse queue rack ray reach room scope
		sense sheet shift sign site space spark stack stage stock stream suite sync task team track trail vault view wire works`)
	appKinds = strings.Fields("Cloud CRM HR Analytics Docs Chat Mail Files Pay Forms Projects Learning")
	appTLDs  = strings.Fields("com com com io io app ai co net org de eu")
)

// derivedBrand makes up the n-th app beyond the known ones. Names differ for
// different n.
func derivedBrand(s seed, n int) brand {
	combos := len(appHeads) * len(appTails) * len(appKinds)
	at := newPermutation(combos, s.drawBits(diceShuffle, 2, 0)).mapIndex(n % combos)
	head := appHeads[at%len(appHeads)]
	tail := appTails[at/len(appHeads)%len(appTails)]
	kind := appKinds[at/len(appHeads)/len(appTails)]
	b := brand{name: head + tail + " " + kind, domain: strings.ToLower(head+tail) + "-" + strings.ToLower(kind)}
	if round := n / combos; round > 0 {
		b.name += " " + strconv.Itoa(round+1)
		b.domain += strconv.Itoa(round + 1)
	}
	b.domain += "." + appTLDs[s.drawBits(diceApp, uint64(n), 9)%uint64(len(appTLDs))]
	return b
}

// The people's names. Some carry what filters and templates trip over.
var (
	firstNames = strings.Fields(`Aaron Abigail Adrian Aisha Alan Alice Amara Amir Ana Andre Anja Anna Antonio Arjun Astrid
		Beatriz Ben Bianca Bruno Camille Carla Carlos Chen Chiara Chloe Clara Daniel David Diego Dmitri Elena Elias Emily Emma
		Erik Eva Fatima Felix Fiona Florian Gabriel Grace Hana Hannah Hassan Helena Hugo Ines Irene Isaac Ivan Jamal James Jana
		Jasmin Jean Jonas Julia Kai Karim Katarina Kenji Lara Laura Leila Leon Lin Linda Lucas Lucia Magnus Maja Marco Maria
		Marta Max Mei Mia Miguel Mohamed Nadia Naomi Nico Nina Noah Noor Olga Oliver Omar Oscar Patricia Paul Petra Priya Rafael
		Raj Rebecca Ren Rosa Ruth Samir Sara Sean Sofia Stefan Tanya Thomas Tomas Ursula Victor Wei Yara Yusuf Zoe`)
	lastNames = strings.Fields(`Abbott Adams Ahmed Ali Almeida Andersen Bauer Becker Bell Berg Bianchi Brown Campbell Carter
		Castro Chan Chen Clark Costa Cruz D'Angelo Dahl Davis Diaz Dubois Eriksson Evans Farah Fernandez Fischer Fontaine Garcia
		Gomez Green Gupta Haddad Hall Hansen Hughes Hussein Ibrahim Ito Ivanov Jackson Jansen Johnson Jones Kaya Keller Khan Kim
		King Klein Kovac Kumar Larsen Laurent Lee Lehmann Lewis Lopez Malik Marino Martin Meyer Miller Moore Morales Moreau
		Morgan Murphy Nakamura Nguyen Nielsen Novak O'Brien O'Neill Okafor Olsen Osei Park Patel Pereira Peters Petrov Popov
		Quinn Ramirez Reed Reyes Ricci Roberts Romano Rossi Roux Santos Sato Schmidt Schulz Sharma Silva Singh Smith Sousa
		Suzuki Tan Tanaka Taylor Thomas Torres Tran Turner Vargas Virtanen Vogel Wagner Walker Wang Weber White Wilson Wolf
		Wong Wright Yamada Yang Yilmaz Young Zhang Zimmermann`)
	services = []string{"svc_backup", "svc_sql", "svc-deploy", "svc_scan", `NT AUTHORITY\SYSTEM`, `NT AUTHORITY\NETWORK SERVICE`}
)

// nameKind is the kind of a Defender user name.
type nameKind uint8

const (
	nameEmail nameKind = iota
	nameDevice
	nameService
	nameDomain
	nameBare
)

// kindOf says which kind of name a person has in Defender, always the same.
func (w *world) kindOf(person int) nameKind {
	h := scaleToUnit(w.seed.drawBits(dicePerson, uint64(person), 1))
	for _, k := range []struct {
		share float64
		kind  nameKind
	}{{w.opts.Names.Device, nameDevice}, {w.opts.Names.Service, nameService}, {w.opts.Names.Domain, nameDomain}, {w.opts.Names.Bare, nameBare}} {
		if h < k.share {
			return k.kind
		}
		h -= k.share
	}
	return nameEmail
}

// personName gives a person's first and last name and a number that sets
// namesakes apart (0 for the first of a name).
func (w *world) personName(person int) (first, last string, number int) {
	combos := len(firstNames) * len(lastNames)
	at := w.personPerm.mapIndex(person % combos)
	return firstNames[at%len(firstNames)], lastNames[at/len(firstNames)], person / combos
}

// appendLocalPart appends the account of a person, in the lower case of log
// sources: "first.last" for most, and what else companies give to people. No
// two people have the same.
func (w *world) appendLocalPart(b []byte, person int) []byte {
	first, last, number := w.personName(person)
	switch w.seed.drawBits(dicePerson, uint64(person), 4) % 16 {
	case 0: // asmith17
		b = appendLower(b, first[:1]+last)
		return strconv.AppendInt(b, int64(person), 10)
	case 1: // smitha17
		b = appendLower(b, last+first[:1])
		return strconv.AppendInt(b, int64(person), 10)
	case 2: // u100017
		return strconv.AppendInt(append(b, 'u'), int64(100000+person), 10)
	case 3: // a.smith17
		b = appendLower(b, first[:1]+"."+last)
		return strconv.AppendInt(b, int64(person), 10)
	case 4: // alice_smith
		b = appendLower(b, first+"_"+last)
	case 5: // alice.q.smith
		b = appendLower(b, first+".q."+last)
	default:
		b = appendLower(b, first+"."+last)
	}
	if number > 0 {
		b = strconv.AppendInt(b, int64(number+1), 10)
	}
	return b
}

// appendEmail appends the address of a person.
func (w *world) appendEmail(b []byte, person int) []byte {
	b = w.appendLocalPart(b, person)
	if w.seed.drawBits(dicePerson, uint64(person), 2)%12 == 0 {
		return append(b, "@fabrikam.com"...)
	}
	return append(b, "@contoso.com"...)
}

// appendUserName appends the name by which Defender shows a person in one
// stream's list of one app. A slot is a person or, past the people, an alias.
func (w *world) appendUserName(b []byte, stream, app, slot int) []byte {
	stream = w.sourceOf(stream)
	person, alias := slot, false
	if slot >= w.opts.People {
		person, alias = w.aliasOf(slot), true
	}
	if stream < w.variants.Anonymous {
		return w.appendAnonymous(b, person)
	}
	from := len(b)
	switch w.kindOf(person) {
	case nameDevice:
		b = append(b, "WS-"...)
		b = strconv.AppendInt(b, int64(10000+person), 10)
		return append(b, '$')
	case nameService:
		h := w.seed.drawBits(dicePerson, uint64(person), 3)
		b = append(b, services[h%uint64(len(services))]...)
		if h%uint64(len(services)) < 4 {
			b = strconv.AppendInt(b, int64(person), 10)
		}
		return b
	case nameDomain:
		b = append(b, `CONTOSO\`...)
		return w.appendLocalPart(b, person)
	case nameBare:
		return w.appendLocalPart(b, person)
	}
	b = w.appendEmail(b, person)
	if alias {
		upperLetters(b[from:])
	} else if w.opts.Names.Case > 0 && fallsWithin(w.seed.drawBits(diceSpelling, uint64(person), uint64(app)*8+uint64(stream)), w.opts.Names.Case) {
		capitalizeWords(b[from:])
	}
	return b
}

// appendAnonymous appends the name of a person in a stream that hides them. [DOC]
func (w *world) appendAnonymous(b []byte, person int) []byte {
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], w.seed.drawBits(diceAnonymous, uint64(person), 1))
	binary.BigEndian.PutUint64(raw[8:], w.seed.drawBits(diceAnonymous, uint64(person), 2))
	return base64.StdEncoding.AppendEncode(append(b, "User_"...), raw[:])
}

func appendLower(b []byte, ascii string) []byte {
	for i := range len(ascii) {
		c := ascii[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// upperLetters puts ASCII letters in upper case, in place.
func upperLetters(b []byte) {
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
}

// capitalizeWords puts the first letter of each word in upper case, in place.
func capitalizeWords(b []byte) {
	for i, c := range b {
		if 'a' <= c && c <= 'z' && (i == 0 || b[i-1] == '.' || b[i-1] == '@' || b[i-1] == '\'') {
			b[i] = c - 'a' + 'A'
		}
	}
}
