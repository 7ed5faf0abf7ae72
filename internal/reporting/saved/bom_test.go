package saved

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestAFileWithAByteOrderMarkIsReadOrExplained(t *testing.T) {
	content := "[most-used]\r\nquestion = \"apps\"\r\ntop = 3\r\n"
	wide := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(content)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for text, says := range map[string]string{content: "", "\ufeff" + content: "", "\ufeff\ufeff" + content: "", string(wide): "UTF-16"} {
		path := filepath.Join(t.TempDir(), "reports.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		reports, err := LoadFile(path)
		wrong, isFile := errors.AsType[*FileError](err)
		switch {
		case says == "" && (err != nil || len(reports) != 1 || reports[0].Name != "most-used"):
			t.Errorf("%q: %v, %v", text[:8], reports, err)
		case says != "" && (!isFile || !strings.Contains(wrong.Error(), says)):
			t.Errorf("%q: %v", text[:8], err)
		}
	}
}
