package simulator

// appendRowErrors tells which rows were refused, in the form that this tenant
// uses; the documentation knows none for this call, "items" is that of its
// neighbours. [DOC for activate, else INF]
func (c *call) appendRowErrors(errs []rowError, users []string) {
	r := c.r
	if len(errs) == 0 {
		if !c.variants.Unkind.People.Silent {
			r.appendText("{}")
		}
		return
	}
	switch c.variants.AssignErrors {
	case "objects":
		r.appendText(`{"errors": [`)
		c.eachError(errs, func(e rowError) {
			r.appendText(`{"user_id": `)
			r.appendString(e.user)
			r.appendText(`, "error": `)
			r.appendString(e.message)
			r.appendText("}")
		})
		r.appendText("]}")
	case "map":
		r.appendText(`{"errors": {`)
		c.eachError(errs, func(e rowError) {
			r.appendString(e.user)
			r.appendText(": ")
			r.appendString(e.message)
		})
		r.appendText("}}")
	case "texts":
		r.appendText(`{"errors": [`)
		c.eachError(errs, func(e rowError) { r.appendString("User " + e.user + ": " + e.message) })
		r.appendText("]}")
	default:
		c.appendItems(errs, users)
	}
}

func (c *call) eachError(errs []rowError, f func(rowError)) {
	for i, e := range errs {
		if i > 0 {
			c.r.appendText(", ")
		}
		f(e)
	}
}

// appendItems lists every row with its error or null.
func (c *call) appendItems(errs []rowError, users []string) {
	told := make(map[string]bool, len(errs))
	c.r.appendText("[")
	c.eachError(errs, func(e rowError) {
		told[e.user] = true
		c.r.appendText(`{"user_id": `)
		c.r.appendString(e.user)
		c.r.appendText(`, "error": `)
		c.r.appendString(e.message)
		c.r.appendText("}")
	})
	for _, u := range users {
		if !told[u] {
			c.r.appendText(`, {"user_id": `)
			c.r.appendString(u)
			c.r.appendText(`, "error": null}`)
		}
	}
	c.r.appendText("]")
}
