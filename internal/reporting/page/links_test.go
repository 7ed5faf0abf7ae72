package page

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// readLinks reads the links of a page, as "text address".
func readLinks(t *testing.T, d Data) (links []string) {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, d); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data != "a" || n.Type != html.ElementNode {
			continue
		}
		has := map[string]string{}
		for _, a := range n.Attr {
			has[a.Key] = a.Val
		}
		if has["rel"] != "noopener noreferrer" || has["target"] != "_blank" || n.FirstChild == nil || n.FirstChild.Type != html.TextNode {
			t.Errorf("the link %v", has)
			continue
		}
		links = append(links, n.FirstChild.Data+" "+has["href"])
	}
	return links
}

func TestAppsAndPeopleLeadToTheirPages(t *testing.T) {
	got := readLinks(t, sample())
	for _, want := range []string{
		"Salesforce " + portal + "Salesforce", "record " + records + "software/2", "WeTransfer " + portal + "WeTransfer", "Dropbox " + portal + "Dropbox",
		"Ann Mustermann-3 (ann.mustermann3@contoso.com) " + records + "users/7",
		"1Password for Enterprise Customers of the World " + portal + "1Password%20for%20Enterprise%20Customers%20of%20the%20World",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("there is no link %s in\n%s", want, strings.Join(got, "\n"))
		}
	}
	d := Data{Apps: []App{{Name: "Slack", Active: 1, Record: records + "7"}, {Name: "Box", Active: 1}}}
	if got := readLinks(t, d); !slices.Equal(got, []string{"Slack " + records + "7", "Slack " + records + "7"}) && !slices.Equal(got, []string{"Slack " + records + "7"}) {
		t.Errorf("where only the record is known, %q", got)
	}
}

func TestNothingButAWebPageIsLinked(t *testing.T) {
	for _, link := range readLinks(t, hostile()) {
		address := link[strings.LastIndexByte(link, ' ')+1:]
		if !strings.HasPrefix(address, portal) && !strings.HasPrefix(address, records) && address != "https://x.example/%22%3E%3Cimg%20src=x%3E" {
			t.Errorf("a link to %q", address)
		}
	}
}
