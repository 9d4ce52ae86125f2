// Package metric defines every metric of the functions, once, and writes them as CloudWatch's Embedded Metric Format:
// lines of JSON among the logs, from which CloudWatch makes metrics without another call, also of an invocation that
// fails. They carry numbers and the names of the stack and the function, and nothing of what a report says.
//
// The libraries for the format bring loggers, agents or a builder for each metric along. What is needed here is one JSON
// object, so it is written here.
package metric
