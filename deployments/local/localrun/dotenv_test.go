package localrun

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written writes a file of settings.
func written(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDotenvThatIsWrongIsAUsageErrorWithoutItsValues(t *testing.T) {
	path := written(t, "A=b\nAPI_KEY='s3cret\n")
	_, err := readDotenv(path)
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != ExitUsage || strings.Contains(err.Error(), "s3cret") ||
		!strings.Contains(err.Error(), path+": line 2, API_KEY: its quote is not closed") {
		t.Errorf("%v", err)
	}
}
