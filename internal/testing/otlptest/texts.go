package otlptest

import (
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Texts are all texts of a delivery, wherever they stand: names, keys, values, events,
// and bytes other than ids.
func Texts(m protoreflect.ProtoMessage) (out []string) {
	collectTexts(m.ProtoReflect(), &out)
	return out
}

func collectTexts(m protoreflect.Message, out *[]string) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList():
			for i := range v.List().Len() {
				collectValue(f, v.List().Get(i), out)
			}
		default:
			collectValue(f, v, out)
		}
		return true
	})
	if len(m.GetUnknown()) > 0 {
		*out = append(*out, string(m.GetUnknown()))
	}
}

func collectValue(f protoreflect.FieldDescriptor, v protoreflect.Value, out *[]string) {
	switch f.Kind() {
	case protoreflect.StringKind:
		*out = append(*out, v.String())
	case protoreflect.BytesKind:
		switch f.Name() {
		case "trace_id", "span_id", "parent_span_id":
		default:
			*out = append(*out, string(v.Bytes()))
		}
	case protoreflect.MessageKind:
		collectTexts(v.Message(), out)
	}
}
