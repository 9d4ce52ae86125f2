// Package lambdaapi plays AWS Lambda for one function, so that a test can drive the very executable that is deployed:
// it serves the Lambda Runtime API over HTTP, starts the executable with the environment that Lambda sets, hands
// invocations over, and kills the process when an invocation's time is over.
//
// It plays one execution environment: one process, one invocation at a time, kept from one invocation to the next. A
// process that ends, is killed or has panicked is replaced before the next invocation, as Lambda does. What it does
// not play: freezing between invocations, extensions, the ten seconds that Lambda grants before it tries an
// initialization once more, retries of events.
//
// The protocol is that of https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
package lambdaapi
