package simulator

// appendRowErrors tells which rows were refused, in the form that this tenant
// uses; the documentation knows none for this call, "items" is that of its
// neighbours. [DOC for activate, else INF]
func (c *call) appendRowErrors(errs []rowError, users []string) {
	r := c.r
	if len(errs) == 0 {
		if !c.variants.Unkind.People.Silent {
			r.text("{}")
		}
		return
	}
	switch c.variants.AssignErrors {
	case "objects":
		r.text(`{"errors": [`)
		c.eachError(errs, func(e rowError) {
			r.text(`{"user_id": `)
			r.string(e.user)
			r.text(`, "error": `)
			r.string(e.message)
			r.text("}")
		})
		r.text("]}")
	case "map":
		r.text(`{"errors": {`)
		c.eachError(errs, func(e rowError) {
			r.string(e.user)
			r.text(": ")
			r.string(e.message)
		})
		r.text("}}")
	case "texts":
		r.text(`{"errors": [`)
		c.eachError(errs, func(e rowError) { r.string("User " + e.user + ": " + e.message) })
		r.text("]}")
	default:
		c.appendItems(errs, users)
	}
}

func (c *call) eachError(errs []rowError, f func(rowError)) {
	for i, e := range errs {
		if i > 0 {
			c.r.text(", ")
		}
		f(e)
	}
}

// appendItems lists every row with its error or null.
func (c *call) appendItems(errs []rowError, users []string) {
	told := make(map[string]bool, len(errs))
	c.r.text("[")
	c.eachError(errs, func(e rowError) {
		told[e.user] = true
		c.r.text(`{"user_id": `)
		c.r.string(e.user)
		c.r.text(`, "error": `)
		c.r.string(e.message)
		c.r.text("}")
	})
	for _, u := range users {
		if !told[u] {
			c.r.text(`, {"user_id": `)
			c.r.string(u)
			c.r.text(`, "error": null}`)
		}
	}
	c.r.text("]")
}
