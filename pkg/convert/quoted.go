package convert

import (
	"bytes"
	"strings"

	"github.com/bellhop-asp/bellhop/pkg/fault"
)

// quoted reads a record with at least one quote on its first line from b, as [scanner.record] does.
func (s *scanner) quoted(b []byte) (complete bool, err error) {
	first, kept := len(s.cells), len(s.unescaped)
	var (
		at   int  // offset in b
		last bool // the record's last cell has been read
	)
	for !last {
		var cell string
		if at < len(b) && b[at] == '"' {
			cell, at, last, err = s.quotedCell(b, at+1)
		} else {
			cell, at, last, err = s.bareCell(b, at)
		}
		if err != nil {
			return false, err
		}
		if at < 0 {
			// The rest of the record is not in the buffer yet: it is read again from its start.
			s.cells, s.unescaped = s.cells[:first], s.unescaped[:kept]
			return false, nil
		}
		if s.cells = append(s.cells, cell); len(s.cells)-first > max(s.limits.Columns, 1<<16) {
			return false, s.tooWide()
		}
	}
	return true, s.finish(first, at, bytes.Count(b[:at], []byte{'\n'}))
}

// bareCell reads the cell without quotes at b[at:] and what ends it. next is -1 when more input is needed.
func (s *scanner) bareCell(b []byte, at int) (cell string, next int, last bool, err error) {
	rest := b[at:]
	i := bytes.IndexByte(rest, ',')
	if i < 0 {
		i = len(rest)
	}
	if newline := bytes.IndexByte(rest[:i], '\n'); newline >= 0 {
		i, last = newline, true
	}
	switch {
	case i < len(rest):
		next = at + i + 1
	case s.eof:
		next, last = len(b), true
	default:
		return "", -1, false, nil
	}
	content := rest[:i]
	if last {
		content = bytes.TrimSuffix(content, []byte{'\r'})
	}
	if bytes.IndexByte(content, '"') >= 0 {
		return "", 0, false, fault.New(fault.Poison, "line %d: quote inside a cell that is not quoted", s.lineAt(b, at))
	}
	return view(content), next, last, nil
}

// quotedCell reads the cell whose opening quote is at b[at-1]. next is -1 when more input is needed.
func (s *scanner) quotedCell(b []byte, at int) (cell string, next int, last bool, err error) {
	start, doubled := at, false
	for {
		i := bytes.IndexByte(b[at:], '"')
		if i < 0 {
			if !s.eof {
				return "", -1, false, nil
			}
			return "", 0, false, fault.New(fault.Poison, "line %d: quoted cell without a closing quote", s.lineAt(b, start))
		}
		at += i + 1
		if at < len(b) && b[at] == '"' {
			doubled = true
			at++
			continue
		}
		break
	}
	if content := b[start : at-1]; doubled {
		cell = s.unescape(content)
	} else {
		cell = view(content)
	}
	rest := b[at:]
	switch {
	case len(rest) > 0 && rest[0] == ',':
		return cell, at + 1, false, nil
	case len(rest) > 0 && rest[0] == '\n':
		return cell, at + 1, true, nil
	case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
		return cell, at + 2, true, nil
	case len(rest) < 2 && !s.eof:
		return "", -1, false, nil
	case len(rest) == 0 || (len(rest) == 1 && rest[0] == '\r'):
		return cell, len(b), true, nil
	case s.width == 0 && strings.ContainsRune(";\t|", rune(rest[0])):
		return "", 0, false, separatedBy(string(rest[:1]))
	default:
		return "", 0, false, fault.New(fault.Poison, "line %d: text after a closing quote", s.lineAt(b, at))
	}
}

// unescape halves doubled quotes. The buffer must stay as it is, since the record may have to be read again.
func (s *scanner) unescape(content []byte) string {
	from := len(s.unescaped)
	for {
		i := bytes.IndexByte(content, '"')
		if i < 0 {
			break
		}
		s.unescaped = append(s.unescaped, content[:i+1]...)
		content = content[i+2:]
	}
	s.unescaped = append(s.unescaped, content...)
	return view(s.unescaped[from:])
}

// lineAt returns the physical line of b[at], where b begins at the current record.
func (s *scanner) lineAt(b []byte, at int) int {
	return s.line + bytes.Count(b[:at], []byte{'\n'})
}
