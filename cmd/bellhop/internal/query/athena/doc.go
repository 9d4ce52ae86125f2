// Package athena runs SQL over the dataset where it lies at scale: in Amazon Athena, in the workgroup that the stack
// makes. The workgroup holds the bound on what a query may scan and the place of its results; nothing here overrides it.
package athena
