package termreset

// when says who undoes a setting.
type when uint8

const (
	ifKnown  when = iota // who knows that it is set; a user may have it so by configuration
	whenLost             // also who knows nothing
	always               // also a replay begins with undoing it
)

// Setting is something that a program sets by other means than a private mode.
type Setting uint8

const (
	Sync Setting = iota
	AlternateScreen
	OtherKeys
	AppKeypad
	LockedKeyboard
	InsertMode
	NewlineMode
	LocalEcho
	CursorShape
	PointerShape
	Progress
	Charsets
	Protection
	Link
	Pen
	Palette
	SpecialColors
	Foreground
	Background
	CursorColor
	Selection
	KittyColors
	TabStops
)

// table is what undoes each setting, in an order in which all can be undone.
// XTMODKEYS comes before SGR 0, since some terminals take it for SGR 4; GR comes
// before GL, since xterm.js takes what shifts GR for what shifts GL.
var table = [...]struct {
	undo string
	when when
}{
	Sync:            {"\x1b[?2026l", always},
	AlternateScreen: {"\x1b[?1049l", ifKnown}, // it moves the cursor, see everyKeyboard
	OtherKeys:       {"\x1b[>4m", always},
	AppKeypad:       {"\x1b>", always},
	LockedKeyboard:  {"\x1b[2l", whenLost},
	InsertMode:      {"\x1b[4l", always},
	NewlineMode:     {"\x1b[20l", always},
	LocalEcho:       {"\x1b[12h", whenLost},
	CursorShape:     {"\x1b[0 q", whenLost},
	PointerShape:    {"\x1b]22;\x1b\\", whenLost},
	Progress:        {"\x1b]9;4;0\x1b\\", whenLost},
	Charsets:        {"\x1b(B\x1b)B\x1b*B\x1b+B\x1b}\x0f", always},
	Protection:      {"\x1b[0\"q", always},
	Link:            {"\x1b]8;;\x1b\\", always},
	Pen:             {"\x1b[m", always},
	Palette:         {"\x1b]104\x1b\\", whenLost},
	SpecialColors:   {"\x1b]105\x1b\\", ifKnown},
	Foreground:      {"\x1b]110\x1b\\", whenLost},
	Background:      {"\x1b]111\x1b\\", whenLost},
	CursorColor:     {"\x1b]112\x1b\\", whenLost},
	Selection:       {"\x1b]117\x1b\\\x1b]119\x1b\\", whenLost},
	KittyColors:     {"\x1b]21;cursor_text;visual_bell\x1b\\", whenLost},
	TabStops:        {"\x1b[3g\r\x1bH", ifKnown}, // and then one by one, see vt
}

// Undo returns what undoes a setting.
func Undo(s Setting) string { return table[s].undo }

// Mode is a private mode (DECSET) that a program may set.
type Mode struct {
	Number int
	On     bool // when nobody set it
	when   when
}

// Modes are the private modes, by their numbers. Where undoing one does more, as
// going to another screen or homing the cursor, it is not here.
var Modes = []Mode{
	{1, false, always},
	{4, false, ifKnown},
	{5, false, always},
	{7, true, always},
	{8, true, whenLost},
	{9, false, always},
	{12, false, whenLost},
	{18, false, ifKnown},
	{19, false, ifKnown},
	{25, true, whenLost},
	{35, false, ifKnown},
	{40, false, whenLost},
	{41, false, ifKnown},
	{42, false, ifKnown},
	{44, false, ifKnown},
	{45, false, always},
	{67, false, whenLost},
	{80, false, ifKnown},
	{95, false, ifKnown},
	{1000, false, always},
	{1001, false, always},
	{1002, false, always},
	{1003, false, always},
	{1004, false, always},
	{1005, false, always},
	{1006, false, always},
	{1007, true, ifKnown}, // terminals differ in it: see Begin
	{1010, false, ifKnown},
	{1011, false, ifKnown},
	{1015, false, always},
	{1016, false, always},
	{1034, false, ifKnown},
	{1035, true, ifKnown},
	{1036, false, ifKnown},
	{1037, false, ifKnown},
	{1039, false, ifKnown},
	{1040, false, ifKnown},
	{1041, false, ifKnown},
	{1042, false, ifKnown},
	{1043, false, ifKnown},
	{1044, false, ifKnown},
	{1045, false, always},
	{2004, false, always},
	{2027, false, always},
	{2031, false, always},
	{2048, false, always},
	{8452, false, ifKnown},
}

// Lost tells whether the mode is undone also by those who do not know that it was set.
func (m Mode) Lost() bool { return m.when >= whenLost }
