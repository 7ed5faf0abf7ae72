package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standIn is an image that stands in for a public one. What it promises is that
// image's: the comment on each says what deployments/compose relies on.
type standIn struct {
	variable string // of Compose, that names the image
	public   string // the public image, as deployments/compose has it
	lay      func(r rootFS)
	file     string // the lines of the Dockerfile after the files
}

// standIns lists those of the services that every stack has.
func standIns(temporal string) []standIn {
	return []standIn{
		{"POSTGRES_IMAGE", "postgres:17", layPostgres, `
COPY --chown=999:999 nothing/ /var/lib/postgresql/data/
ENV PATH=` + postgresBin + `:/bin PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]
STOPSIGNAL SIGINT
CMD ["postgres"]`},
		{"TEMPORAL_SERVER_IMAGE", "temporalio/server:1.32.1", func(r rootFS) { layServer(r, temporal) }, `
ENV PATH=/usr/local/bin:/bin
WORKDIR /etc/temporal
USER temporal
CMD ["/etc/temporal/entrypoint.sh"]`},
		{"TEMPORAL_ADMIN_TOOLS_IMAGE", "temporalio/admin-tools:1.32.1", func(r rootFS) { layTools(r, temporal) }, `
ENV PATH=/usr/local/bin:/bin
USER temporal
CMD ["sh", "-c", "trap exit INT HUP TERM; sleep infinity"]`},
		{"TEMPORAL_UI_IMAGE", "temporalio/ui:2.55.0", func(r rootFS) { layUI(r, temporal) }, `
ENV PATH=/bin
WORKDIR /home/ui-server
USER temporal
ENTRYPOINT ["./start-ui-server.sh"]`},
	}
}

// prometheusProgram is where Debian has Prometheus.
const prometheusProgram = "/usr/bin/prometheus"

// prometheus stands in where Debian's package is installed: the program is the entry
// point, its data are in /prometheus, of nobody.
func prometheus() (standIn, bool) {
	_, err := os.Stat(prometheusProgram)
	return standIn{"PROMETHEUS_IMAGE", "prom/prometheus:v3.5.0", func(r rootFS) {
		r.program(prometheusProgram, "/bin/prometheus")
		r.folder("tmp")
		r.user("nobody", 65534)
	}, `
COPY --chown=65534:65534 nothing/ /prometheus/
WORKDIR /prometheus
USER nobody
ENTRYPOINT ["/bin/prometheus"]`}, err == nil
}

// postgresBin is where Debian has PostgreSQL's programs.
var postgresBin = func() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is right
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}()

// layPostgres: the user postgres is 999, and may be the container's from the start;
// POSTGRES_USER and POSTGRES_PASSWORD_FILE make the superuser and a database of its
// name where PGDATA is empty; everybody on the network is asked for the password.
func layPostgres(r rootFS) {
	lib := filepath.Dir(postgresBin)
	version := filepath.Base(lib)
	for _, name := range []string{"postgres", "initdb", "pg_ctl", "pg_isready", "psql", "createdb"} {
		r.program(filepath.Join(postgresBin, name), filepath.Join(postgresBin, name))
	}
	for _, name := range []string{"plpgsql.so", "dict_snowball.so", "btree_gin.so"} {
		r.program(filepath.Join(lib, "lib", name), filepath.Join(lib, "lib", name))
	}
	r.copyTree(filepath.Join("/usr/share/postgresql", version), filepath.Join("/usr/share/postgresql", version))
	r.copyTree("/usr/share/zoneinfo", "/usr/share/zoneinfo")
	r.shell()
	r.folder("var/run/postgresql")
	r.user("postgres", 999)
	r.put("usr/local/bin/docker-entrypoint.sh", `#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	initdb --pgdata="$PGDATA" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" \
		--auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --no-locale
	echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
	echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
	pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses=''" start
	createdb --host=/var/run/postgresql --username="$POSTGRES_USER" "$POSTGRES_USER"
	pg_ctl --pgdata="$PGDATA" --wait stop
fi
exec "$@"
`, 0o755)
}

// layServer: the settings of the server's built-in configuration come from the
// environment; entrypoint.sh finds out the address that others see.
func layServer(r rootFS, temporal string) {
	r.program(filepath.Join(temporal, "temporal-server"), "/usr/local/bin/temporal-server")
	r.shell()
	r.user("temporal", 1000)
	r.put("etc/temporal/entrypoint.sh", `#!/bin/sh
set -eu
own=$(hostname -i | awk '{print $1}')
: "${BIND_ON_IP:=$own}"
[ "$BIND_ON_IP" != 0.0.0.0 ] || : "${TEMPORAL_BROADCAST_ADDRESS:=$own}"
export BIND_ON_IP TEMPORAL_BROADCAST_ADDRESS
exec temporal-server start
`, 0o755)
}

// layTools: temporal-sql-tool with the schemas inside, and the command line.
func layTools(r rootFS, temporal string) {
	r.program(filepath.Join(temporal, "temporal-sql-tool"), "/usr/local/bin/temporal-sql-tool")
	cli := filepath.Join(r.path, "usr/local/bin/temporal")
	if _, err := execute("", "go", "build", "-o", cli, "defendersync/internal/testing/compose/cmd/temporal"); err != nil {
		r.t.Fatal(err)
	}
	r.shell()
	r.user("temporal", 1000)
}

// layUI: the settings of config/docker.yaml come from the environment.
func layUI(r rootFS, temporal string) {
	module, err := execute("../../../deployments/local", "go", "list", "-m", "-f", "{{.Dir}}", "github.com/temporalio/ui-server/v2")
	if err != nil {
		r.t.Fatal(err)
	}
	r.program(filepath.Join(temporal, "temporal-ui-server"), "/home/ui-server/ui-server")
	r.copyFile(filepath.Join(strings.TrimSpace(module), "config/docker.yaml"), "/home/ui-server/config/docker.yaml")
	r.shell()
	r.user("temporal", 1000)
	r.put("home/ui-server/start-ui-server.sh", "#!/bin/sh\nexec ./ui-server --env docker start\n", 0o755)
}

// findImages returns Compose's variables for the images: for those that this machine
// has, none; for the others those of stand-ins, which last as long as the test.
func findImages(t *testing.T, prefix string, list []standIn) (variables []string) {
	t.Helper()
	for _, s := range list {
		if exec.Command("docker", "image", "inspect", s.public).Run() == nil {
			t.Logf("%s is here and is used", s.public)
			continue
		}
		name := prefix + "/" + s.public
		s.build(t, name)
		variables = append(variables, s.variable+"="+name)
	}
	return variables
}

// build builds a stand-in, which is removed with the test.
func (s standIn) build(t *testing.T, name string) {
	t.Helper()
	context := t.TempDir()
	for _, folder := range []string{"root", "nothing"} {
		if err := os.Mkdir(filepath.Join(context, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s.lay(rootFS{t, filepath.Join(context, "root")})
	file := "FROM scratch\nCOPY root/ /\n" + strings.TrimSpace(s.file) + "\n"
	if err := os.WriteFile(filepath.Join(context, "Dockerfile"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := execute("", "docker", "image", "rm", "--force", name); err != nil {
			t.Error(err)
		}
	})
	docker(t, "build", "--quiet", "--tag", name, context)
}
