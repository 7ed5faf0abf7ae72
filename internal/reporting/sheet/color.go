package sheet

// Color is the colour of a text on a terminal. The zero value leaves the text
// as it is.
type Color string

// The colours, as parameters of the control sequence Select Graphic Rendition
// (ECMA-48, 8.3.117).
const (
	Faint   Color = "2"
	Red     Color = "31"
	Green   Color = "32"
	Yellow  Color = "33"
	Magenta Color = "35"
	Cyan    Color = "36"
)

// bold is the look of a table's header.
const bold Color = "1"

// Paint wraps a text in the control sequences that colour it.
func (c Color) Paint(text string) string {
	if c == "" || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
