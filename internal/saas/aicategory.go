package saas

// aiCategory is one of Defender's categories of AI, in all its spellings. How sure a
// spelling is stands beside it: documented by Microsoft, seen in a client's code or in
// the product, or inferred from how other categories are spelled.
type aiCategory struct {
	portal []string // ids of the portal's API
	graph  string   // Microsoft Graph's
	words  []string // as pages and exports show it, which records may hold
}

// aiCategories are all of them. The portal's documented list of categories is older than
// AI [DOC D7b], and says what the ids of the others look like. Graph gives the three newest
// ones to those alone who ask for unknown members of the enumeration [DOC G6].
func aiCategories() []aiCategory {
	return []aiCategory{
		{
			portal: []string{"SAASDB_CATEGORY_GENERATIVE_AI"}, // [INF, of the name CODE P4]
			graph:  "generativeAi",                            // [DOC G1 G2]
			words:  []string{"Generative AI"},                 // [CODE P4]
		},
		{
			portal: []string{"SAASDB_CATEGORY_AI_MODEL_PROVIDER"}, // [INF, of the name CODE P4]
			graph:  "aiModelProvider",                             // [DOC G6, CODE C1]
			words:  []string{"AI model provider"},                 // [CODE P4]
		},
		{
			portal: []string{"SAASDB_CATEGORY_AI_MCP_SERVER", "SAASDB_CATEGORY_MCP_SERVER"}, // [INF, of the names CODE P4 and DOC G6]
			graph:  "mcpServer",                                                             // [DOC G6]
			words:  []string{"AI MCP server", "MCP server"},                                 // [CODE P4], [INF, of DOC G6]
		},
		{
			portal: []string{"SAASDB_CATEGORY_CLIENT_AI_APP", "SAASDB_CATEGORY_AI_CLIENT_APP"}, // [INF, of the name DOC G6]
			graph:  "clientAiApp",                                                              // [DOC G6]
			words:  []string{"Client AI app", "AI client app"},                                 // [INF, of DOC G6]
		},
	}
}

// IsAI reports whether a category is one of AI, in whatever spelling: an id of the
// portal's or of Graph's, or its words, whatever their case.
func IsAI(category string) bool {
	category = Fold(ReadableCategory(category))
	for _, c := range aiCategories() {
		for _, spelled := range append(append([]string{c.graph}, c.portal...), c.words...) {
			if category == Fold(ReadableCategory(spelled)) {
				return true
			}
		}
	}
	return false
}
