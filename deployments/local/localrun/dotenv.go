package localrun

import (
	"errors"
	"io/fs"

	"defendersync/deployments/local/dotenv"
)

// readDotenv reads the settings of a file, which may be absent. An error has the
// line's number and the setting's name, never anything of a value: the file
// holds every token.
func readDotenv(path string) (map[string]string, error) {
	settings, err := dotenv.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Usagef("reading the settings: %w", err)
	}
	vars := map[string]string{}
	for _, s := range settings {
		vars[s.Name] = s.Value
	}
	return vars, nil
}
