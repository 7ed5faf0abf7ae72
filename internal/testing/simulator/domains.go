package simulator

import "strconv"

// appDomains are the domains of an app as its row shows them. A third of the
// apps has its site's alone; the others have more, with the forms that real
// rows have: hosts, leading dots, paths. The first is often one of the servers
// behind the app, and the site's own is the one that most entries belong to
// [seen in client C1 of the Graph reference: 66 of 100 rows have several].
func (w *world) appDomains(ai int) []string {
	a := &w.apps[ai]
	h := w.seed.drawBits(diceApp, uint64(a.id), 2)
	site, id := a.brand.domain, strconv.Itoa(a.id)
	if h%3 == 0 {
		return []string{site}
	}
	third := "c" + id + "z.org"
	if h>>40%25 == 0 { // few are served from China
		third = "c" + id + "z.cn"
	}
	behind := []string{"c" + id + "x.net", "static.c" + id + "q.com", third, "api.c" + id + "k.co.uk"}
	if h>>8%16 == 0 { // a few have a great many
		for n := range 120 {
			behind = append(behind, "c"+id+"n"+strconv.Itoa(n)+".net")
		}
	}
	own := []string{"www." + site, site + "/login", "." + site, "api." + site}
	own = own[:2+h>>16%3]
	behind = behind[h>>24%4:]
	if h>>32%2 == 0 {
		return append(own, behind...)
	}
	return append(behind, own...)
}
