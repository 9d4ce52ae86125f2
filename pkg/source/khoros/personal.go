package khoros

import (
	"slices"
	"strings"
	"unicode"
)

// snake returns a column's name in snake case: CONVERSATION_ID, Conversation ID and conversationId are conversation_id.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(strings.TrimSpace(name))
	gap := false
	for i, c := range runes {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			gap = b.Len() > 0
			continue
		}
		// A capital begins a word behind a small letter, or before one in a row of capitals.
		if unicode.IsUpper(c) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			gap = b.Len() > 0
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// Words of names that tell of a person. The vendor's lists of columns are not public, so names are all there is to go by.
var (
	persons = []string{
		"author", "agent", "agents", "assignee", "assigner", "user", "users", "customer", "owner", "approver", "reviewer", "manager",
		"member", "expert", "responder", "requester", "sender", "recipient", "person", "contact", "profile",
	}
	always = []string{
		"email", "mail", "handle", "handles", "nickname", "username", "firstname", "lastname", "fullname", "screenname", "displayname",
		"content", "text", "body", "message", "comment", "comments", "note", "notes", "title", "subject", "description", "bio", "summary",
		"location", "city", "address", "latitude", "longitude", "geo", "ip", "phone", "telephone", "mobile", "birthday", "gender", "avatar",
		"picture", "photo", "url", "link", "permalink", "attachment", "attachments",
	}
	// What a name ends with that speaks of a thing's kind, size or time.
	harmless = []string{"id", "ids", "count", "type", "order", "number", "date", "time", "status", "length", "score", "sentiment", "language"}
	first    = []string{"first", "last", "full", "screen", "display", "real", "nick"}
)

// personal reports whether a column, by its name in snake case, may hold what names a person, or what persons wrote: names of authors
// and agents, handles, addresses, places, and the content of posts and responses.
func personal(name string) bool {
	parts := strings.Split(name, "_")
	if slices.Contains(harmless, parts[len(parts)-1]) {
		return slices.Contains(parts, "email") || slices.Contains(parts, "mail")
	}
	for i, part := range parts {
		// handle_time is how long something took.
		long := part == "handle" && i+1 < len(parts) && parts[i+1] == "time"
		if slices.Contains(always, part) && !long {
			return true
		}
		if part != "name" && part != "names" {
			continue
		}
		if i == 0 && len(parts) == 1 || i > 0 && (slices.Contains(persons, parts[i-1]) || slices.Contains(first, parts[i-1])) {
			return true
		}
	}
	// agent and assigned_agent are persons, agent_response_order is not.
	return slices.Contains(persons, parts[len(parts)-1])
}
