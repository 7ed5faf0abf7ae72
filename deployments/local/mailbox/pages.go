package mailbox

import (
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"defendersync/deployments/local/localonly"
)

//go:embed pages/*.html
var pageFiles embed.FS

// Policies of what a page may load: nothing but its own styles. A mail's HTML
// runs no script, sends no form and has no origin; its links open elsewhere.
const (
	pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)

// pages shows a store.
type pages struct {
	store     *store
	templates *template.Template
}

func newPages(s *store) http.Handler {
	p := pages{store: s, templates: template.Must(template.New("").Funcs(template.FuncMap{"when": formatTime}).ParseFS(pageFiles, "pages/*.html"))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.serveList)
	mux.HandleFunc("GET /messages/{id}", p.serveMail)
	mux.HandleFunc("GET /messages/{id}/html", p.serveHTML)
	mux.HandleFunc("GET /messages/{id}/raw", p.serveRaw)
	mux.HandleFunc("GET /messages/{id}/files/{n}", p.serveFile)
	mux.HandleFunc("GET /api/messages", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, s.listMails()) })
	mux.HandleFunc("GET /api/messages/{id}", p.serveJSON)
	return localonly.Handler(keepPrivate(mux))
}

// keepPrivate adds what keeps a page to itself: neither caches nor other pages may
// have it.
func keepPrivate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (p pages) serveList(w http.ResponseWriter, _ *http.Request) {
	p.showPage(w, "list.html", p.store.listMails())
}

func (p pages) serveMail(w http.ResponseWriter, r *http.Request) {
	if c, ok := p.findMail(w, r); ok {
		p.showPage(w, "mail.html", c)
	}
}

// findMail is the mail that the path names; ok is false when the answer is given.
func (p pages) findMail(w http.ResponseWriter, r *http.Request) (c Content, ok bool) {
	c, err := p.store.openMail(r.PathValue("id"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.Error(w, "there is no such mail, or no longer", http.StatusNotFound)
	case err != nil:
		http.Error(w, "the mail can't be read: "+err.Error(), http.StatusInternalServerError)
	}
	return c, err == nil
}

func (p pages) showPage(w http.ResponseWriter, name string, data any) {
	var page strings.Builder
	if err := p.templates.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page.String()))
}

// serveHTML is a mail's HTML part by itself, for the frame.
func (p pages) serveHTML(w http.ResponseWriter, r *http.Request) {
	c, ok := p.findMail(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Security-Policy", mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(strings.Replace(c.HTML, "<head>", `<head><base target="_blank">`, 1)))
}

func (p pages) serveRaw(w http.ResponseWriter, r *http.Request) {
	raw, err := p.store.readRaw(r.PathValue("id"))
	if err != nil {
		http.Error(w, "there is no such mail, or no longer", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(raw)
}

func (p pages) serveFile(w http.ResponseWriter, r *http.Request) {
	c, ok := p.findMail(w, r)
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(c.Files) {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.Files[n].Name}))
	_, _ = w.Write(c.Files[n].content)
}

func (p pages) serveJSON(w http.ResponseWriter, r *http.Request) {
	if c, ok := p.findMail(w, r); ok {
		writeJSON(w, c)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v)
}

// formatTime is a time for people.
func formatTime(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") }
