package khoros

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// What guests wrote to a company on a day is a pure function of the seed, the company and the day, and so is what became of it.
// An export sees what had happened when it was created: a conversation may arrive a day late, and closes hours or days later, so
// days of the past change.

// Planted is what looks like personal data and secrets in exports. It belongs in a dataset only where somebody asked for it,
// and never in a log, an error, a metric or a ledger.
var Planted = []string{
	"Mrs Planted Author", "@planted_author", "planted.author@example.com", "a sentence that a guest wrote", "Atzr|IwEBplantedpost",
	"Planted Agent", "planted.agent@example.com",
}

// person is who writes; agent is who answers.
type person struct{ name, handle, email, place string }

var people = []person{
	{Planted[0], Planted[1], Planted[2], "Toronto, ON"},
	{"Ana \"Annie\" Liu", "@annie", "annie@example.com", "Montréal, QC"},
	{"Øyvind Sørli", "@oyvind", "oyvind@example.com", "Oslo"},
	{"=HYPERLINK(\"http://x.example\",\"Bob\")", "@bob", "bob@example.com", "-2+3"},
	{"田中 花子", "@hanako", "hanako@example.com", "東京"},
	{"R. O'Neil, Jr.", "+roneil", "roneil@example.com", "Cork,\nIreland"},
}

type agent struct {
	id, name, email, team string
	disabled              bool
}

var agents = []agent{
	{"101", Planted[5], Planted[6], "11", false},
	{"102", "Sam Okafor", "sam.okafor@example.com", "11", false},
	{"103", "Lucía Ramos", "lucia.ramos@example.com", "12", false},
	{"104", "Kim Former", "kim.former@example.com", "12", true},
}

// texts have everything that a reader of CSV and JSON has to bear.
var texts = []string{
	Planted[3],
	"The TV says \"no signal\".\nI tried twice, in the lobby, too.",
	"=1+1",
	"Love the view 😍🏞️ — merci!",
	"My code is " + Planted[4] + ", please call",
	"- towels,\r\n- \"pillows\";\ttea",
	"@SUM(A1:A9) \\ C:\\temp\\n",
	"",
	"Où est le spa ? \u2028 'merci'",
}

var answers = []string{"Thank you, we are on it.", "Sorry!\nA colleague \"comes up\", right away 🙂", "+1 from the team"}

// The order of the words matters: numbers are drawn over them.
var (
	providers  = []string{"TWITTER", "FACEBOOK", "SMS", "APPLE_BUSINESS_CHAT"}
	sentiments = []string{"POSITIVE", "NEUTRAL", "NEGATIVE"}
	languages  = []string{"en", "en", "fr", "ja"}
)

// Tag is the tag by which conversations name a property: its name in lower case, with hyphens.
func Tag(property string) string {
	words := strings.FieldsFunc(strings.ToLower(property), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

// conversation is what a guest began on a day.
type conversation struct {
	id      string
	created time.Time
	// arrived is when the company's reports know of it; closed is when it ends.
	arrived, closed time.Time
	guest           person
	agent           agent
	property        string // a tag, or nothing
	text, answer    int
	provider        string
	language        string
	sentiment       string
	priority, queue string
	posts, replies  int
	actions         int
}

// Lateness and life of a conversation.
const (
	lateFor  = 36 * time.Hour
	openFor  = 72 * time.Hour
	firstFor = 30 * time.Minute // until the first answer, at most
)

// day has the conversations that began on a day, counted from 1970, in UTC.
func (of Company) day(seed uint64, n int64) []conversation {
	c := chance.Draw(seed, "care day", of.Key, n)
	count := c.Between(of.Daily*3/4, of.Daily*5/4)
	if weekday := (n + 4) % 7; weekday == 0 || weekday == 6 {
		count /= 2
	}
	var all []conversation
	for i := range count {
		all = append(all, of.conversation(chance.Draw(seed, "care", of.Key, n*10_000+i), n, i))
	}
	return all
}

func (of Company) conversation(c *chance.Stream, day, i int64) conversation {
	begun := time.Unix(day*86400+c.Below(86400), 0).UTC()
	v := conversation{
		id: fmt.Sprintf("%d%04d", day, i), created: begun, arrived: begun,
		guest: people[c.Below(int64(len(people)))], agent: agents[c.Below(int64(len(agents)))],
		text: int(c.Below(int64(len(texts)))), answer: int(c.Below(int64(len(answers)))),
		provider: pick(c, providers), language: pick(c, languages), sentiment: pick(c, sentiments),
		priority: fmt.Sprint(c.Below(6)), queue: fmt.Sprint(21 + c.Below(3)),
		posts: int(c.Between(1, 3)), replies: int(c.Between(1, 3)),
	}
	if n := int64(len(of.Properties)); n > 0 && !c.Hits(100) {
		v.property = of.Properties[min(c.Below(n), c.Below(n))]
	}
	if c.Hits(60) {
		v.arrived = begun.Add(time.Duration(c.Below(int64(lateFor))))
	}
	v.closed = begun.Add(firstFor + time.Duration(c.Below(int64(openFor-firstFor)))).Truncate(time.Second)
	v.actions = 2 + v.replies
	if i == 0 {
		v.actions = 620 // more than the documented 500, which cut an export short
	}
	return v
}

func pick(c *chance.Stream, words []string) string { return words[c.Below(int64(len(words)))] }

// Posts and answers are minutes apart.
func (v conversation) posted(i int) time.Time {
	return v.created.Add(time.Duration(i) * 4 * time.Minute)
}
func (v conversation) answered(i int) time.Time {
	return v.created.Add(10*time.Minute + time.Duration(i)*5*time.Minute)
}

// closedBy reports whether the conversation had ended at an instant.
func (v conversation) closedBy(at time.Time) bool { return !v.closed.After(at) }

// seconds is how long the agent worked on it.
func (v conversation) seconds() int { return 90*v.replies + len(texts[v.text]) }

// DemoCompanies are two tenants. The first has conversations about these properties; the second is another customer's, whose data
// the first never sees.
func DemoCompanies(properties []string) []Company {
	first := Company{Key: "lakeside-c01", Username: "reports@lakeside.example", Password: "local-khoros-password", Daily: 40}
	for _, name := range properties {
		first.Properties = append(first.Properties, Tag(name))
	}
	return []Company{first, {
		Key: "elsewhere-c02", Username: "reports@elsewhere.example", Password: "local-khoros-password-2", Daily: 12,
		Properties: []string{"seaview"},
	}}
}
