// Package systemd tests the units of deployments/systemd and the packages that
// install them: by systemd's own tools, and on a machine of its own that runs
// systemd, where Docker and debootstrap are there to make one.
package systemd
