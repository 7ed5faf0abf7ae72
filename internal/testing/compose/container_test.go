package compose

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// checkContainers makes sure that what the files ask for is what runs.
func (s *stack) checkContainers() {
	s.t.Helper()
	for _, service := range append(append([]string{"ui", "tenants", "mailbox"}, lives...), ends...) {
		for _, id := range s.containers(service) {
			c := inspect(s.t, id)
			host := c.HostConfig
			if !host.ReadonlyRootfs || !slices.Equal(host.CapDrop, []string{"ALL"}) || !slices.Contains(host.SecurityOpt, "no-new-privileges:true") || host.Memory == 0 {
				s.t.Errorf("%s is not confined: %+v", service, host)
			}
			if c.Config.User == "" || strings.HasPrefix(c.Config.User, "0") || c.Config.User == "root" {
				s.t.Errorf("%s runs as root (%q)", service, c.Config.User)
			}
			for port, bindings := range host.PortBindings {
				for _, b := range bindings {
					if b.HostIP != "127.0.0.1" {
						s.t.Errorf("%s of %s is open to others, on %q", port, service, b.HostIP)
					}
				}
			}
			for _, setting := range c.Config.Env {
				if strings.Contains(setting, "simulated-defender-token") || strings.Contains(setting, "PASSWORD=") {
					s.t.Errorf("%s has a secret in its environment", service)
				}
			}
		}
	}
}

// logMemory tells the most memory that workers have had, of their limit.
func (s *stack) logMemory(workers []string) {
	s.t.Helper()
	for _, id := range workers {
		c := inspect(s.t, id)
		if c.State.OOMKilled {
			s.t.Errorf("worker %s ran out of memory", c.Name)
		}
		for _, place := range []string{
			filepath.Join("/sys/fs/cgroup/memory/docker", c.ID, "memory.max_usage_in_bytes"), // version 1
			filepath.Join("/sys/fs/cgroup/system.slice/docker-"+c.ID+".scope", "memory.peak"),
		} {
			text, err := os.ReadFile(place)
			if err != nil {
				continue
			}
			if peak, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				s.t.Logf("worker %s: at most %.1f MB of %.0f MB", c.Name, float64(peak)/(1<<20), float64(c.HostConfig.Memory)/(1<<20))
			}
		}
	}
}
