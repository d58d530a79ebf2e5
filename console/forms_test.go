package console_test

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// offered is a form with method="post" as a browser sees it: one for each choice of a select
// element, and for each button with its own address.
type offered struct {
	path   string // of the action
	values url.Values
}

func (o offered) String() string {
	values := url.Values{}
	for name, v := range o.values {
		switch now := (name == "from" || name == "until") && v[0] == ""; {
		case now || name == "version" || name == "key" || name == "back":
		default:
			values[name] = v
		}
	}
	return o.path + "?" + values.Encode()
}

var (
	formTag   = regexp.MustCompile(`(?s)<form ([^>]*)>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`<input ([^>]*)>`)
	selectTag = regexp.MustCompile(`(?s)<select ([^>]*)>(.*?)</select>`)
	optionTag = regexp.MustCompile(`<option value="([^"]*)"`)
	areaTag   = regexp.MustCompile(`(?s)<textarea ([^>]*)>`)
	buttonTag = regexp.MustCompile(`<button([^>]*)>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

func attributes(text string) map[string]string {
	m := map[string]string{}
	for _, a := range attribute.FindAllStringSubmatch(text, -1) {
		m[a[1]] = html.UnescapeString(a[2])
	}
	return m
}

// offeredBy returns the forms of a page that a browser could send, without disabled ones. Fields
// for text get the value of fill.
func offeredBy(page string, fill func(path, name string) string) (list []offered) {
	for _, form := range formTag.FindAllStringSubmatch(page, -1) {
		tag, content := attributes(form[1]), form[2]
		if tag["method"] != "post" || strings.Contains(content, "<fieldset disabled") {
			continue
		}
		for _, b := range buttonTag.FindAllStringSubmatch(content, -1) {
			if strings.Contains(b[1], " disabled") {
				continue
			}
			button := attributes(b[1])
			action := tag["action"]
			if button["formaction"] != "" {
				action = button["formaction"]
			}
			at := strings.TrimPrefix(path.Join("/", action), "/")
			base := url.Values{}
			boxes := map[string][]string{}
			for _, i := range inputTag.FindAllStringSubmatch(content, -1) {
				in := attributes(i[1])
				switch in["type"] {
				case "hidden":
					base.Add(in["name"], in["value"])
				case "checkbox":
					boxes[in["name"]] = append(boxes[in["name"]], in["value"])
				default:
					base.Set(in["name"], fill(at, in["name"]))
				}
			}
			for _, a := range areaTag.FindAllStringSubmatch(content, -1) {
				name := attributes(a[1])["name"]
				base.Set(name, fill(at, name))
			}
			list = append(list, choices(at, base, boxes, content, button["value"])...)
		}
	}
	return list
}

// choices returns a form once for each value of its own select element, and once for each
// checkbox of rows.
func choices(at string, base url.Values, boxes map[string][]string, content, do string) []offered {
	list := []offered{{at, base}}
	for _, s := range selectTag.FindAllStringSubmatch(content, -1) {
		tag := attributes(s[1])
		if of := tag["data-for"]; of != "" && strings.ReplaceAll(of, ".", "/") != do {
			continue // the choice of another button
		}
		list = multiply(list, tag["name"], optionTag.FindAllStringSubmatch(s[2], -1))
	}
	for name, values := range boxes {
		if name == "user" {
			var options [][]string
			for _, v := range values {
				options = append(options, []string{"", v})
			}
			list = multiply(list, name, options)
		}
	}
	return list
}

func multiply(list []offered, name string, options [][]string) (all []offered) {
	for _, o := range list {
		for _, option := range options {
			values := url.Values{}
			for k, v := range o.values {
				values[k] = v
			}
			values[name] = []string{html.UnescapeString(option[1])}
			all = append(all, offered{o.path, values})
		}
	}
	return all
}
