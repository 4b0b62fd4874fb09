package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/xsh-project/xsh/pkg/exec"
)

// printed are what -o json prints, by the name of the schema: a value of its type, and
// what it is.
var printed = map[string]struct {
	value any
	what  string
}{
	"ls":            {[]listed{}, "xsh ls -o json, and xsh with -o json: the sessions, oldest first"},
	"inspect":       {listed{}, "xsh inspect NAME -o json: one session"},
	"wait":          {waitedJSON{}, "xsh wait NAME -o json, of several names a list of these"},
	"capture":       {exec.Screen{}, "xsh capture NAME -o json, of several sessions a list of these"},
	"grep":          {[]foundJSON{}, "xsh grep REGEX -o json: the lines"},
	"event":         {eventJSON{}, "a line of xsh events, and what hooks read"},
	"env":           {map[string]*string{}, "xsh env NAME -o json: the variables, null where one is not set"},
	"config":        {[]settingJSON{}, "xsh config -o json: the settings"},
	"server-status": {statusJSON{}, "xsh server status -o json"},
	"doctor":        {[]finding{}, "xsh doctor -o json: what was looked at"},
	"restore":       {[]storedJSON{}, "xsh restore --list -o json: the sessions that can be brought back"},
	"version":       {versionJSON{}, "xsh version -o json"},
}

func schemaFile(name string) string { return filepath.Join("../../docs/schema", name+".json") }

// TestSchemaNames: each schema under docs is that of what is printed, and says all of
// its keys.
func TestSchemaNames(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(printed)) {
		p := printed[name]
		schema := schemaOf(reflect.TypeOf(p.value))
		schema["$schema"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", p.what
		want, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		if *update {
			if err := os.WriteFile(schemaFile(name), want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(schemaFile(name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/schema/%s.json is not what is printed: go test ./cmd/xsh -run TestSchemaNames -update (%v)", name, err)
		}
	}
	text, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../docs/schema/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if _, known := printed[name]; !known || !strings.Contains(string(text), "(schema/"+name+".json)") {
			t.Errorf("docs/schema/%s.json is of nothing that is printed, or docs/json.md does not name it", name)
		}
	}
}

// schemaOf is the schema of what encoding/json makes of a type.
func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Kind() == reflect.Pointer:
		s := schemaOf(t.Elem())
		s["type"] = []any{s["type"], "null"}
		return s
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties, required := map[string]any{}, []string{}
		addFields(t, properties, &required)
		slices.Sort(required)
		return map[string]any{"type": "object", "properties": properties, "required": required}
	}
	panic(fmt.Sprintf("no schema for %v", t))
}

func addFields(t reflect.Type, properties map[string]any, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inner := f.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			addFields(inner, properties, required)
			continue
		case name == "-" || !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		s := schemaOf(f.Type)
		if strings.Contains(options, "omit") {
			if f.Type.Kind() == reflect.Pointer { // it is not there rather than null
				s = schemaOf(f.Type.Elem())
			}
		} else {
			*required = append(*required, name)
		}
		properties[name] = s
	}
}

// schemaCommand is the script command
//
//	schema NAME    the output of the last command is as docs/schema/NAME.json has it
//	schema NAME FILE    what is in FILE is; with several values in it each of them
//
// Keys that the schema does not name are errors here, and nowhere else.
func schemaCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: schema NAME [FILE]")
	}
	data, err := os.ReadFile(schemaFile(args[0]))
	ts.Check(err)
	var schema map[string]any
	ts.Check(json.Unmarshal(data, &schema))
	from := "stdout"
	if len(args) == 2 {
		from = args[1]
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(from)))
	values := 0
	for d.More() {
		var value any
		ts.Check(d.Decode(&value))
		ts.Check(checkSchema(schema, value, args[0]))
		values++
	}
	if values == 0 {
		ts.Fatalf("there is nothing in it")
	}
}

// checkSchema holds a value against a schema of the kind that schemaOf makes.
func checkSchema(schema map[string]any, value any, at string) error {
	types, ok := schema["type"].([]any)
	if !ok {
		types = []any{schema["type"]}
	}
	kind := kindOf(value)
	if !slices.Contains(types, any(kind)) && !(kind == "integer" && slices.Contains(types, any("number"))) {
		return fmt.Errorf("%s is %s, and not %v", at, kind, types)
	}
	switch value := value.(type) {
	case string:
		if schema["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, value); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	case []any:
		for i, v := range value {
			if err := checkSchema(schema["items"].(map[string]any), v, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return checkObject(schema, value, at)
	}
	return nil
}

func checkObject(schema, value map[string]any, at string) error {
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, has := value[key.(string)]; !has {
			return fmt.Errorf("%s lacks the key %s", at, key)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	others, open := schema["additionalProperties"].(map[string]any)
	for key, v := range value {
		s, known := properties[key].(map[string]any)
		if !known && !open {
			return fmt.Errorf("%s has the key %s, which its schema does not name", at, key)
		}
		if !known {
			s = others
		}
		if err := checkSchema(s, v, at+"."+key); err != nil {
			return err
		}
	}
	return nil
}

func kindOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// TestCheckSchema: what is not as a schema says is found.
func TestCheckSchema(t *testing.T) {
	type inner struct {
		At *time.Time `json:"at"`
	}
	schema := schemaOf(reflect.TypeFor[struct {
		N    int            `json:"n"`
		Some string         `json:"some,omitempty"`
		List []inner        `json:"list"`
		Map  map[string]int `json:"map"`
	}]())
	data, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	for text, right := range map[string]bool{
		`{"n":1,"list":[{"at":null},{"at":"2026-01-02T03:04:05Z"}],"map":{"a":1}}`: true,
		`{"n":1,"some":"x","list":[],"map":{}}`:                                    true,
		`{"n":1.5,"list":[],"map":{}}`:                                             false,
		`{"n":1,"list":null,"map":{}}`:                                             false,
		`{"n":1,"list":[{"at":"soon"}],"map":{}}`:                                  false,
		`{"n":1,"list":[],"map":{"a":"b"}}`:                                        false,
		`{"n":1,"list":[],"map":{},"new":1}`:                                       false,
		`{"list":[],"map":{}}`:                                                     false,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := checkSchema(read, value, "it"); (err == nil) != right {
			t.Errorf("%s: %v", text, err)
		}
	}
}
