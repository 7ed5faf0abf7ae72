package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
)

// The search attributes of sessions and watches, by which the Web UI lists and
// filters them.
var (
	AttrIntegration = temporal.NewSearchAttributeKeyKeyword(contract.AttrIntegration)
	AttrStartedBy   = temporal.NewSearchAttributeKeyKeyword(contract.AttrStartedBy)

	attrMode     = temporal.NewSearchAttributeKeyKeyword(contract.AttrMode)
	attrOutcome  = temporal.NewSearchAttributeKeyKeyword(contract.AttrOutcome)
	attrApps     = temporal.NewSearchAttributeKeyInt64(contract.AttrApps)
	attrUsers    = temporal.NewSearchAttributeKeyInt64(contract.AttrUsers)
	attrRejected = temporal.NewSearchAttributeKeyInt64(contract.AttrRejected)
	attrNotice   = temporal.NewSearchAttributeKeyKeyword(contract.AttrNotice)
)

// SearchAttributes returns the types of the search attributes that the namespace
// must have, by name.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	types := make(map[string]enumspb.IndexedValueType)
	for _, key := range []temporal.SearchAttributeKey{
		AttrIntegration, AttrStartedBy, attrMode, attrOutcome, attrApps, attrUsers, attrRejected, attrNotice,
	} {
		types[key.GetName()] = key.GetValueType()
	}
	return types
}
