// Package compose tests deployments/compose as its users run it: containers of the
// real files, by Docker and its Compose, through a whole session. Its tests need
// Docker and what `make test-compose` builds, and skip themselves without.
//
// Public images can't be fetched everywhere. Those that are not on this machine are
// stood in for: containers with the same programs, from Debian's packages and from
// Go's modules, that obey what the public images promise (names of variables, paths,
// users, entry points). Compose's variables for images lead to them, under names of
// the test's own, so that nobody's images are replaced.
package compose
