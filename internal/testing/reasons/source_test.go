package reasons

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// scanned are the packages whose texts reach a session's summary.
var scanned = []string{
	"activities", "workflows", "internal/appsync", "internal/applist", "internal/preflight", "internal/usersync", "internal/listing", "internal/contract", "internal/saas", "internal/defender", "internal/oomnitza", "internal/httpx", "internal/ratelimit",
	"internal/culprit", "internal/tenants",
}

// text is one text of the source.
type text struct {
	kind Kind
	says string // with gaps for what is formatted
	at   string // file and line
}

// source collects texts out of parsed files. It knows constants by name alone,
// which is enough for names as telling as these have to be.
type source struct {
	files     *token.FileSet
	constants map[string]string
	literals  []string // of all files, to find rows that are explained no more
	texts     []text
}

// readSource parses the packages and collects their texts.
func readSource(t *testing.T, root string) *source {
	t.Helper()
	s := &source{files: token.NewFileSet(), constants: map[string]string{}}
	var parsed []*ast.File
	for _, dir := range scanned {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(s.files, path, nil, 0)
			parsed = append(parsed, f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range parsed {
		ast.Inspect(f, s.learn)
	}
	for _, f := range parsed {
		ast.Inspect(f, s.collect)
	}
	return s
}

// learn notes constants and literals.
func (s *source) learn(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		for _, spec := range n.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && n.Tok == token.CONST && len(v.Names) == len(v.Values) {
				for i := range v.Names {
					if says, ok := s.value(v.Values[i]); ok {
						s.constants[v.Names[i].Name] = says
					}
				}
			}
		}
	case *ast.BasicLit:
		if says, ok := s.value(n); ok {
			s.literals = append(s.literals, says)
		}
	}
	return true
}

// verb is a directive of package fmt.
var verb = regexp.MustCompile(`%[-+# 0]*[\d.*]*(\[\d+\])?[a-zA-Z]`)

// value is the text of an expression, as far as it stands in the source.
func (s *source) value(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		says, err := strconv.Unquote(e.Value)
		return says, err == nil
	case *ast.BinaryExpr:
		left, ok := s.value(e.X)
		right, too := s.value(e.Y)
		if !ok && !too {
			return "", false
		}
		return either(left, ok) + either(right, too), true
	case *ast.Ident:
		says, ok := s.constants[e.Name]
		return says, ok
	case *ast.SelectorExpr:
		says, ok := s.constants[e.Sel.Name]
		return says, ok
	case *ast.ParenExpr:
		return s.value(e.X)
	case *ast.CallExpr:
		name := called(e)
		if (name != "Sprintf" && name != "string") || len(e.Args) == 0 {
			return "", false
		}
		says, ok := s.value(e.Args[0])
		if name == "Sprintf" {
			says = strings.ReplaceAll(verb.ReplaceAllString(says, Gap), "%%", "%")
		}
		return says, ok
	}
	return "", false
}

func either(says string, known bool) string {
	if known {
		return says
	}
	return Gap
}

// called is the name of the function that is called, without its receiver.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// Names by which constants, fields and functions show what texts they hold.
var (
	rejectName = regexp.MustCompile(`^[rR]eject([A-Z]\w*)?$`)
	noteName   = regexp.MustCompile(`^[nN]ote([A-Z]\w*)?$`)
	noteCall   = regexp.MustCompile(`^(AddWarning|([nN]ote|[wW]arn)([A-Z]\w*)?)$`)
	noteList   = regexp.MustCompile(`^([wW]arnings|[nN]otes)$`)
	reasonFunc = regexp.MustCompile(`(?i)^(refus|reject)\w*Reason$`)
)

// collect notes the texts of one node.
func (s *source) collect(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ValueSpec:
		s.declared(n)
	case *ast.CompositeLit:
		if nameOf(n.Type) == "Reject" {
			for _, field := range n.Elts {
				if pair, ok := field.(*ast.KeyValueExpr); ok && nameOf(pair.Key) == "Reason" {
					s.take(Rejected, pair.Value)
				}
			}
		}
	case *ast.CallExpr:
		s.call(n)
	case *ast.FuncDecl:
		s.returned(n)
	}
	return true
}

// returned notes the texts that a function gives whose name says what they are.
func (s *source) returned(f *ast.FuncDecl) {
	kind := Noted
	switch {
	case f.Body == nil:
		return
	case reasonFunc.MatchString(f.Name.Name):
		kind = Rejected
	case !noteCall.MatchString(f.Name.Name):
		return
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
			s.take(kind, r.Results[0])
		}
		return true
	})
}

// declared notes constants whose type or name says what they are.
func (s *source) declared(v *ast.ValueSpec) {
	for i, value := range v.Values {
		name := v.Names[min(i, len(v.Names)-1)].Name
		switch kind := nameOf(v.Type); {
		case kind == "SkipReason":
			s.take(Skipped, value)
		case kind == "RejectReason" || kind == "" && rejectName.MatchString(name):
			s.take(Rejected, value)
		case kind == "Note" || kind == "" && noteName.MatchString(name):
			s.take(Noted, value)
		}
	}
}

// call notes the texts that functions are called with whose names say that
// they reject or note something.
func (s *source) call(c *ast.CallExpr) {
	name, args, kind := called(c), c.Args, Noted
	switch {
	case rejectName.MatchString(name):
		kind = Rejected
	case name == "append" && len(args) > 1 && noteList.MatchString(nameOf(args[0])):
		args = args[1:]
	case !noteCall.MatchString(name) || isLogger(c):
		return
	}
	for _, arg := range args {
		s.take(kind, arg)
	}
}

// isLogger tells a log's line from a note.
func isLogger(c *ast.CallExpr) bool {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if inner, ok := f.X.(*ast.CallExpr); ok {
		return strings.Contains(called(inner), "Logger")
	}
	return strings.Contains(strings.ToLower(nameOf(f.X)), "log")
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func (s *source) take(kind Kind, e ast.Expr) {
	says, ok := s.value(e)
	if !ok || strings.Trim(says, Gap+" ") == "" {
		return
	}
	p := s.files.Position(e.Pos())
	s.texts = append(s.texts, text{kind, says, filepath.Base(filepath.Dir(p.Filename)) + "/" + filepath.Base(p.Filename) + ":" + strconv.Itoa(p.Line)})
}
