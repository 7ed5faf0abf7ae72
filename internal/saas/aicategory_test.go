package saas

import "testing"

func TestCategoriesOfAIAreKnownInEverySpelling(t *testing.T) {
	for _, category := range []string{
		"SAASDB_CATEGORY_GENERATIVE_AI", "generativeAi", "Generative AI", "generative ai", " Generative AI ",
		"SAASDB_CATEGORY_AI_MODEL_PROVIDER", "aiModelProvider", "AI model provider", "AI Model Provider",
		"SAASDB_CATEGORY_MCP_SERVER", "SAASDB_CATEGORY_AI_MCP_SERVER", "mcpServer", "MCP server", "AI MCP server",
		"SAASDB_CATEGORY_CLIENT_AI_APP", "SAASDB_CATEGORY_AI_CLIENT_APP", "clientAiApp", "Client AI app", "AI client app",
	} {
		if !IsAI(category) {
			t.Errorf("%q is AI", category)
		}
	}
	for _, category := range []string{"", "Other", "SAASDB_CATEGORY_MARKETING", "marketing", "Email", "Retail", "AI", "unknownFutureValue", "Generative art", "SAASDB_CATEGORY_MAIL"} {
		if IsAI(category) {
			t.Errorf("%q is not AI", category)
		}
	}
}

// TestEachSpellingOfACategoryReadsAsWordsThatAreKnown holds the table to what records are
// given: the words of a spelling, not the spelling.
func TestEachSpellingOfACategoryReadsAsWordsThatAreKnown(t *testing.T) {
	for _, c := range aiCategories() {
		for _, id := range append([]string{c.graph}, c.portal...) {
			known := false
			for _, words := range c.words {
				known = known || ReadableCategory(id) == words || ReadableCategory(id) == ReadableCategory(words)
			}
			if !known {
				t.Errorf("%s reads as %q, which is not among %q", id, ReadableCategory(id), c.words)
			}
		}
	}
}
