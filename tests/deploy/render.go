// Renders deploy/chart as Helm does, for the tests: the same template language, the same library of
// functions (sprig), Helm's own few beside it. Helm itself is in none of our package registries.
//
//	go run render.go CHART [VALUES.yaml ...]
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type values = map[string]interface{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func read(path string) values {
	text, err := os.ReadFile(path)
	check(err)
	found := values{}
	check(yaml.Unmarshal(text, &found))
	return found
}

// Merges as Helm does: maps key by key, everything else replaced.
func merge(into, from values) values {
	for key, value := range from {
		inner, isMap := value.(values)
		before, wasMap := into[key].(values)
		if isMap && wasMap {
			into[key] = merge(before, inner)
		} else {
			into[key] = value
		}
	}
	return into
}

func toYaml(value interface{}) string {
	text, err := yaml.Marshal(value)
	check(err)
	return strings.TrimSuffix(string(text), "\n")
}

func main() {
	chart := os.Args[1]
	given := read(filepath.Join(chart, "values.yaml"))
	for _, path := range os.Args[2:] {
		given = merge(given, read(path))
	}
	all := template.New("chart").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	delete(functions, "env") // as Helm
	delete(functions, "expandenv")
	functions["toYaml"] = toYaml
	functions["include"] = func(name string, data interface{}) (string, error) {
		var text bytes.Buffer
		err := all.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	functions["required"] = func(why string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", why)
		}
		return value, nil
	}
	all.Funcs(functions)
	paths, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	sort.Strings(paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		check(err)
		_, err = all.New(filepath.Base(path)).Parse(string(text))
		check(err)
	}
	scope := values{
		"Values":  given,
		"Chart":   read(filepath.Join(chart, "Chart.yaml")),
		"Release": values{"Name": "test", "Namespace": "default", "Service": "Helm"},
	}
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasPrefix(name, "_") {
			continue
		}
		var text bytes.Buffer
		check(all.ExecuteTemplate(&text, name, scope))
		if name != "NOTES.txt" {
			fmt.Printf("---\n# Source: %s\n%s\n", name, text.String())
		}
	}
}
