package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// servicePrograms are the programs that run until Ctrl-C. Their last line contains that word.
var servicePrograms = []string{"scheduler"}

// services are the services that a page has started. They run until the end of the page.
type services struct {
	running []*service
	cookies map[string][]*http.Cookie // by the names of curl's files
}

// service is a running program. The page shows another address than it has.
type service struct {
	program     *exec.Cmd
	log         strings.Builder
	shown, real string // host and port
}

// start starts a service in dir, and returns its output up to the line with Ctrl-C.
func (ss *services) start(binary, dir string, args []string) (out string, err error) {
	s := &service{shown: "127.0.0.1:8080"}
	if i := slices.Index(args, "-addr"); i >= 0 && i+1 < len(args) {
		s.shown, args = args[i+1], slices.Delete(slices.Clone(args), i, i+2)
	}
	s.program = exec.Command(binary, append(args, "-addr", "127.0.0.1:0")...)
	s.program.Dir, s.program.Stderr = dir, &s.log
	stdout, err := s.program.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := s.program.Start(); err != nil {
		return "", err
	}
	ss.running = append(ss.running, s)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		line := lines.Text()
		if s.real == "" {
			s.real = address.FindString(line)
		}
		out += strings.ReplaceAll(line, s.real, s.shown) + "\n"
		if strings.HasPrefix(line, "Ctrl-C ends it") {
			return out, nil
		}
	}
	return out, fmt.Errorf("the service did not start:\n%s", s.log.String())
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// stop stops the services. An error of a service fails the test.
func (ss *services) stop(t *testing.T) {
	for _, s := range ss.running {
		_ = s.program.Process.Signal(os.Interrupt) // an error means that it has ended
		kill := time.AfterFunc(time.Minute, func() { _ = s.program.Process.Kill() })
		if err := s.program.Wait(); err != nil {
			t.Errorf("the service ended with an error: %v\n%s", err, s.log.String())
		}
		kill.Stop()
	}
}

// curl sends a request to a service as curl does, and returns the body of the response.
func (ss *services) curl(args []string) (string, error) {
	var url, method, body, from, to string
	header := http.Header{}
	for i := 0; i < len(args); i++ {
		option := args[i]
		if !strings.HasPrefix(option, "-") {
			url = option
			continue
		}
		if i++; i == len(args) {
			return "", fmt.Errorf("curl: %s needs a value", option)
		}
		switch value := args[i]; option {
		case "-X":
			method = value
		case "-d":
			body = value
			method = cmp.Or(method, "POST")
		case "-H":
			name, content, _ := strings.Cut(value, ": ")
			header.Add(name, content)
		case "-b":
			from = value
		case "-c":
			to = value
		default:
			return "", fmt.Errorf("this test knows curl's options -X, -d, -H, -b and -c, not %s", option)
		}
	}
	for _, s := range ss.running {
		url = strings.Replace(url, "http://"+s.shown+"/", "http://"+s.real+"/", 1)
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header = header
	for _, c := range ss.cookies[from] {
		r.AddCookie(c)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if to != "" {
		if ss.cookies == nil {
			ss.cookies = map[string][]*http.Cookie{}
		}
		ss.cookies[to] = response.Cookies()
	}
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
