package usersync

import (
	lru "github.com/hashicorp/golang-lru/v2"
)

// cache remembers texts by keys: the ids of people by personKey, say. It is
// bounded: who was not asked for the longest is forgotten, so that memory does
// not grow with the tenant. 50,000 entries take some 10 MB. It is safe for
// concurrent use.
type cache struct {
	known *lru.Cache[string, string]
}

func newCache(limit int) *cache {
	known, err := lru.New[string, string](max(limit, 1))
	if err != nil {
		panic(err) // only a limit below 1 is an error
	}
	return &cache{known}
}

// getText finds a text; "" when none is known.
func (c *cache) getText(key string) string {
	text, _ := c.known.Get(key)
	return text
}

// putText remembers a text.
func (c *cache) putText(key, text string) { c.known.Add(key, text) }

// forgetKey drops a key, and the username in it, whose id turned out to be out of
// date.
func (c *cache) forgetKey(key string) {
	c.known.Remove(key)
	c.known.Remove(usernameOf(key))
}
