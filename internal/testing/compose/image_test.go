package compose

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// platforms are those that make image builds.
var platforms = []string{"amd64", "arm64"}

// productImage is the image of a platform, by the tag that make gives it.
func productImage(t *testing.T, platform string) string {
	t.Helper()
	image := handedIn(t, envImage)
	needTools(t, "docker")
	return image + "-" + platform
}

// exported returns an image's files: their content by name, and their headers.
func exported(t *testing.T, image string) (files map[string]*tar.Header, folder string) {
	t.Helper()
	id := docker(t, "create", image)
	defer docker(t, "rm", id)
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", "export", id)
	stream, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	files, folder = map[string]*tar.Header{}, t.TempDir()
	for archive := tar.NewReader(stream); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(header.Name, "/")] = header
		if strings.HasPrefix(header.Name, "usr/bin/") && header.Typeflag == tar.TypeReg {
			writeProgram(t, filepath.Join(folder, filepath.Base(header.Name)), archive)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return files, folder
}

func writeProgram(t *testing.T, path string, from io.Reader) {
	t.Helper()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, from); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheImageHoldsTheProgramsAndNothingElse(t *testing.T) {
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			image := productImage(t, platform)
			seen := inspect(t, image)
			if seen.Os != "linux" || seen.Architecture != platform {
				t.Errorf("it is for %s on %s", seen.Os, seen.Architecture)
			}
			if seen.Config.User != "65532:65532" || seen.Config.Healthcheck == nil || len(seen.RootFS.Layers) != 1 {
				t.Errorf("its configuration is %+v, with %d layers", seen.Config, len(seen.RootFS.Layers))
			}
			for _, label := range []string{"title", "description", "version", "revision", "created"} {
				if seen.Config.Labels["org.opencontainers.image."+label] == "" {
					t.Errorf("it has no label %s", label)
				}
			}
			files, _ := exported(t, image)
			var names []string
			for name, header := range files {
				added := strings.HasPrefix(name, "dev") || strings.HasPrefix(name, "proc") || strings.HasPrefix(name, "sys") || name == ".dockerenv" ||
					slices.Contains([]string{"etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"}, name) // Docker's, in every container
				if header.Typeflag != tar.TypeDir && !added {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			if want := "etc/group etc/passwd etc/ssl/certs/ca-certificates.crt usr/bin/defendersync usr/bin/defendersync-worker"; strings.Join(names, " ") != want {
				t.Errorf("it holds %v", names)
			}
			if tmp := files["tmp"]; tmp == nil || tmp.FileInfo().Mode().Perm() != 0o777 {
				t.Errorf("/tmp is %+v", tmp)
			}
			t.Logf("%s: %.1f MB", platform, float64(seen.Size)/1e6)
		})
	}
}

func TestTheProgramsRunOnTheirPlatform(t *testing.T) {
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			image := productImage(t, platform)
			var under []string
			if platform != runtime.GOARCH {
				emulator := "qemu-" + map[string]string{"arm64": "aarch64", "amd64": "x86_64"}[platform] + "-static"
				if _, err := exec.LookPath(emulator); err != nil {
					t.Skipf("%s isn't there, to run programs for %s", emulator, platform)
				}
				under = []string{emulator}
			}
			version := inspect(t, image).Config.Labels["org.opencontainers.image.version"]
			_, folder := exported(t, image)
			for _, program := range []string{"defendersync", "defendersync-worker"} {
				command := append(slices.Clone(under), filepath.Join(folder, program), "version")
				out, err := execute("", command[0], command[1:]...)
				if err != nil || !strings.HasPrefix(out, program+" "+version+" ") || !strings.Contains(out, "linux/"+platform) {
					t.Errorf("%s tells its version as %q, the label %q (%v)", program, out, version, err)
				}
			}
		})
	}
}

// confined runs a command in the image as compose.yaml does, without a network.
func confined(t *testing.T, image string, args ...string) (printed string, code int) {
	t.Helper()
	var settings []string
	for len(args) > 0 && strings.Contains(args[0], "=") {
		settings, args = append(settings, "--env", args[0]), args[1:]
	}
	command := append([]string{"run", "--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none"}, settings...)
	out, err := execute("", "docker", append(append(command, image), args...)...)
	var exit *exec.ExitError
	var failed *failure
	if errors.As(err, &exit) && errors.As(err, &failed) {
		return failed.printed, exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out, 0
}

func TestTheProgramsRunConfined(t *testing.T) {
	image := productImage(t, runtime.GOARCH)
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"the command line":        {[]string{"defendersync", "help"}, 0, "Oomnitza"},
		"a worker without tokens": {[]string{"INTEGRATION_TIMEZONE=Europe/Berlin"}, 2, "DEFENDER_API_KEY: "},
		"an unhealthy worker":     {[]string{"defendersync-worker", "healthcheck"}, 1, "unhealthy: no worker answers"},
		"a wrong time zone":       {[]string{"INTEGRATION_TIMEZONE=Mars/Base"}, 2, "INTEGRATION_TIMEZONE"},
	} {
		t.Run(name, func(t *testing.T) {
			if out, code := confined(t, image, tc.args...); code != tc.code || !strings.Contains(out, tc.says) {
				t.Errorf("%v ended with %d:\n%s", tc.args, code, out)
			}
		})
	}
	// It knows time zones, so that the right one is not among what is wrong.
	if out, _ := confined(t, image, "INTEGRATION_TIMEZONE=Europe/Berlin"); strings.Contains(out, "INTEGRATION_TIMEZONE") {
		t.Errorf("it does not know a time zone:\n%s", out)
	}
}

func TestTheSameFilesGiveTheSameLayer(t *testing.T) {
	image := productImage(t, runtime.GOARCH)
	again := strings.ReplaceAll(image, ":", "-again:")
	docker(t, "build", "--quiet", "--no-cache", "--build-arg", "TARGETARCH="+runtime.GOARCH, "--tag", again, "../../..")
	defer docker(t, "image", "rm", again)
	if first, second := inspect(t, image).RootFS.Layers, inspect(t, again).RootFS.Layers; !slices.Equal(first, second) {
		t.Errorf("built twice, the layers are %v and %v", first, second)
	}
}
