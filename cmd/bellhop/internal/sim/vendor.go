package sim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/cost"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/khoros"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/pinpoint"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/rest"
	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/script"
	"github.com/bellhop-asp/bellhop/pkg/fault"
	"github.com/bellhop-asp/bellhop/pkg/objects"
)

// vendor are the simulated vendors behind one real HTTP server: the paths of Alexa's, of Khoros's and of Pinpoint's are different.
type vendor struct {
	*alexa.Simulator
	care *rest.Service
	kpis *rest.Service
	// memories are what each of them remembers, by the file.
	memories map[string]remembering
	server   *http.Server
	url      string
	// files is the same server under another name, where exports are read.
	files  string
	served chan error
}

// remembering is a vendor whose memory outlives the process.
type remembering interface {
	Snapshot() ([]byte, error)
	Restore([]byte) error
}

// ServeHTTP hands each call to whose it is.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/public/"), strings.HasPrefix(path, "/exports/"):
		v.care.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/v1/apps/"):
		v.kpis.ServeHTTP(w, r)
	default:
		v.Handler().ServeHTTP(w, r)
	}
}

// faults are how often each kind of fault struck, at any of them.
func (v *vendor) faults() map[script.Kind]int {
	all := v.Counters().Faults
	for _, other := range []*rest.Service{v.care, v.kpis} {
		for kind, n := range other.Counters().Faults {
			all[kind] += n
		}
	}
	return all
}

// words say what a vendor did.
func (v *vendor) words(kind script.Kind) string {
	return cmp.Or(alexa.Words(kind), v.care.Words(kind), v.kpis.Words(kind))
}

// faultsAt are those of a script that concern an endpoint. Alexa's are all that are no other vendor's.
func (m *Machine) faultsAt(endpoint script.Endpoint) (faults []script.Fault) {
	for _, f := range slices.Concat(m.Faults, m.left.faults()) {
		of := f.Endpoint
		if of != khoros.Endpoint && of != pinpoint.Endpoint {
			of = ""
		}
		if of == endpoint {
			faults = append(faults, f)
		}
	}
	return faults
}

// demoSeed decides all that the simulated vendor makes up.
const demoSeed = 20261120

// demoFaults are what goes wrong in the demonstration. Calls are those of one API, counted from 1.
func demoFaults() []alexa.Fault {
	return []alexa.Fault{
		{Kind: alexa.RateLimited, FirstCall: 2, LastCall: 3, RetryAfterSeconds: 20},
		{Kind: alexa.NotReady, FirstCall: 6, LastCall: 6},
		{Kind: alexa.LostAnswer, FirstCall: 8, LastCall: 8},
		{Kind: alexa.ServerError, FirstCall: 10, LastCall: 10},
		{Kind: alexa.TokenExpired, FirstCall: 12, LastCall: 12},
		{Kind: alexa.Truncated, FirstCall: 4, LastCall: 4, Categories: []string{"PROPERTY_SKILL"}},
		{Kind: alexa.Late, FirstCall: 5, LastCall: 5, Categories: []string{"COMMUNICATION"}, DelayMinutes: 100},
		{Kind: alexa.Duplicated, FirstCall: 5, LastCall: 7, Categories: []string{"DEVICE"}},
		{Kind: alexa.ColumnsReordered, FirstCall: 7, LastCall: 7, Categories: []string{"DOMAIN_ENGAGEMENT"}},
		{Kind: alexa.ColumnAdded, FirstCall: 9, LastCall: 9, Categories: []string{"DEVICE"}},
		{Kind: alexa.Emptied, FirstCall: 9, LastCall: 9, Categories: []string{"PROACTIVE_CAMPAIGN"}},
		{Kind: alexa.Reordered, FirstCall: 11, LastCall: 11},
		{Kind: alexa.Stray, FirstCall: 13, LastCall: 13},
		{Kind: alexa.RateLimited, Endpoint: alexa.SkillMetrics, FirstCall: 3, LastCall: 3, RetryAfterSeconds: 20},
		{Kind: alexa.GatewayError, Endpoint: alexa.SkillMetrics, FirstCall: 9, LastCall: 9},
		{Kind: alexa.PageTokenExpired, Endpoint: alexa.SkillMetrics, FirstCall: 12, Times: 1},
		{Kind: alexa.UnequalLengths, Endpoint: alexa.SkillMetrics, FirstCall: 20, LastCall: 20},
		{Kind: alexa.LostAnswer, Endpoint: alexa.Campaigns, FirstCall: 1, LastCall: 1},
		{Kind: khoros.JobFails, Endpoint: khoros.Endpoint, FirstCall: 3, Times: 1},
		{Kind: khoros.URLEarly, Endpoint: khoros.Endpoint, FirstCall: 4, Times: 1},
		{Kind: khoros.CutShort, Endpoint: khoros.Endpoint, Times: 1},
	}
}

// Requests counts all calls that the vendor saw, but those for tokens.
func (v *vendor) Requests() int {
	c := v.Counters()
	return c.Posts + c.SkillMetrics.Calls + c.Campaigns.Calls + v.care.Counters().Calls + v.kpis.Counters().Calls
}

// startVendor serves the simulated vendors, as they were when an earlier process ended.
func (m *Machine) startVendor(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve the simulated vendor: %w", err)
	}
	v := &vendor{url: "http://" + listener.Addr().String(), served: make(chan error, 1)}
	v.files = strings.Replace(v.url, "127.0.0.1", "localhost", 1)
	if err := m.openVendors(v); err != nil {
		return errors.Join(err, listener.Close())
	}
	m.vendor = v
	v.server = &http.Server{Handler: v, ReadHeaderTimeout: 10 * time.Second}
	go func() { v.served <- v.server.Serve(listener) }()
	m.closing(v.Close)
	address := filepath.Join(m.Dir, addressFile)
	if err := writeFile(address, []byte(v.url)); err != nil {
		return err
	}
	m.closing(func() error { return os.Remove(address) })
	return nil
}

func (m *Machine) openVendors(v *vendor) error {
	client, err := firstClient(m.Dir)
	if err != nil {
		return err
	}
	if v.Simulator, err = alexa.New(alexa.Config{
		Seed: demoSeed, Now: m.clock.Now, Estate: *m.outside.estate, Switches: m.outside.switches, Skills: alexa.DemoSkills(),
		Clients: []alexa.Client{client}, Faults: m.faultsAt(""),
		Deliver: m.foreignWriter(objects.NewClient(m.s3.Config(), counting)),
	}); err != nil {
		return err
	}
	if v.care, err = khoros.New(khoros.Config{
		Seed: demoSeed, Now: m.clock.Now, Companies: khoros.DemoCompanies(m.properties()), Faults: m.faultsAt(khoros.Endpoint),
		Files: v.files,
	}); err != nil {
		return err
	}
	if v.kpis, err = pinpoint.New(pinpoint.Config{
		Seed: demoSeed, Now: m.clock.Now, Applications: pinpoint.DemoApplications(), Faults: m.faultsAt(pinpoint.Endpoint),
		Retires: m.outside.pinpointEnds,
	}); err != nil {
		return err
	}
	v.memories = map[string]remembering{
		filepath.Join(m.Dir, vendorFile): v.Simulator,
		filepath.Join(m.Dir, khorosFile): v.care, filepath.Join(m.Dir, pinpointFile): v.kpis,
	}
	for path, of := range v.memories {
		var snapshot json.RawMessage
		if found, err := load(path, &snapshot); err != nil {
			return err
		} else if found {
			if err := of.Restore(snapshot); err != nil {
				return fmt.Errorf("%s: %w (bellhop local reset starts anew)", path, err)
			}
		}
	}
	return nil
}

// properties are the names of the estate's houses, which conversations of a contact centre are about.
func (m *Machine) properties() (names []string) {
	for _, u := range m.outside.estate.Organisation.Units {
		names = append(names, u.Name)
	}
	return names
}

// addressFile has the address of the simulated vendor while a machine runs in the folder.
const addressFile = "vendor-address"

// Vendor returns the address of the vendor that a machine simulates in a folder, and the credential to call it with. NotFound when
// no machine runs there.
func Vendor(dir string) (address string, credential SecretFile, err error) {
	content, err := os.ReadFile(filepath.Join(dir, addressFile)) //nolint:gosec // G304: the folder is the user's to choose
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", fault.New(fault.NotFound, "no vendor is simulated in %s", dir)
	}
	return string(content), SecretFile(filepath.Join(dir, secretFile)), err
}

// foreignWriter writes what the vendor delivers. The bucket's owner pays for what is written, so it is counted.
func (m *Machine) foreignWriter(client *s3.Client) func(ctx context.Context, bucketARN, key string, body []byte) error {
	return func(ctx context.Context, bucketARN, key string, body []byte) error {
		_, name, ok := strings.Cut(bucketARN, ":::")
		if !ok {
			return fmt.Errorf("%q is not the ARN of a bucket", bucketARN)
		}
		if m.Delivered != nil {
			m.Delivered(key, body)
		}
		ctx, _ = cost.Start(ctx, m.parts.outside)
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(name), Key: aws.String(key), Body: bytes.NewReader(body), ContentType: aws.String("text/csv"),
		})
		return err
	}
}

// Save writes down what the vendors remember.
func (v *vendor) Save() error {
	for path, of := range v.memories {
		snapshot, err := of.Snapshot()
		if err != nil {
			return err
		}
		if err := writeFile(path, snapshot); err != nil {
			return err
		}
	}
	return nil
}

func (v *vendor) Close() error {
	err := v.server.Close()
	if served := <-v.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, v.Save())
}

// firstClient returns the vendor's first credentials in this folder: the document that the requester's secret began with. The
// requester may have rotated the token in its secret since; the vendor knows of that.
func firstClient(dir string) (c alexa.Client, err error) {
	path := filepath.Join(dir, firstSecret)
	if found, err := load(path, &c); found || err != nil {
		return c, err
	}
	c = alexa.Client{ID: "amzn1.application-oa2-client.local", Secret: rand.Text(), RefreshToken: "Atzr|" + rand.Text()}
	return c, errors.Join(save(path, c), save(filepath.Join(dir, secretFile), c))
}
