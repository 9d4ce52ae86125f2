// Package alarm defines what wakes a person: the alarms of the stack, and its dashboard. From it the block in
// template.yaml is made, so that an alarm watches a metric that exists, under the name and the dimension that the functions
// give it. Each alarm has a section in docs/operations.md.
package alarm
