// Package catalog describes the dataset to Glue and Athena: the tables, the default views and the questions that come
// with them, as a block of template.yaml. Everything in it is made from the definitions in package dataset, as the Parquet
// schema is, so the two cannot say different things.
package catalog
