package catalog

import (
	"fmt"
	"strings"

	"github.com/bellhop-asp/bellhop/internal/yamltext"
	"github.com/bellhop-asp/bellhop/pkg/dataset"
)

// FirstDay is where the projected partitions begin. No day that bellhop can load is older: the vendor goes back 90 days,
// and bellhop is of 2026. A query without a filter on the day lists each of them once.
const FirstDay = "2026-01-01"

// Block returns the resources of the tables, the views and the saved queries, as YAML at the depth of Resources. It
// refers to the resources Catalog, AllRows, DatasetBucket and WorkGroup.
func Block() (string, error) {
	var b strings.Builder
	for _, d := range dataset.Definitions() {
		view, err := viewText(d)
		if err != nil {
			return "", err
		}
		writeTable(&b, d)
		writeView(&b, d, view)
	}
	questions, err := Questions()
	if err != nil {
		return "", err
	}
	for _, q := range questions {
		writeQuestion(&b, q)
	}
	return b.String(), nil
}

// resourceName makes AspDevice of asp_device.
func resourceName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func writeTable(b *strings.Builder, d dataset.Definition) {
	fmt.Fprintf(b, `
  %[1]sTable:
    Type: AWS::Glue::Table
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref AllRows
      TableInput:
        Name: %[2]s
        Description: %[3]s
        TableType: EXTERNAL_TABLE
        PartitionKeys:
`, resourceName(d.Name), d.Name, yamltext.Quoted(d.Meaning))
	writeColumns(b, partitions(d), 10)
	fmt.Fprintf(b, `        Parameters:
          classification: parquet
          projection.enabled: 'true'
          projection.dataset_date.type: date
          projection.dataset_date.format: yyyy-MM-dd
          projection.dataset_date.range: %s,NOW
          projection.dataset_date.interval: '1'
          projection.dataset_date.interval.unit: DAYS
          storage.location.template: !Sub 's3://${DatasetBucket}/%[2]s/dataset_date=${!dataset_date}'
        StorageDescriptor:
          Location: !Sub 's3://${DatasetBucket}/%[2]s/'
          InputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat
          OutputFormat: org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat
          SerdeInfo: {SerializationLibrary: org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe}
          Columns:
`, FirstDay, d.Name)
	writeColumns(b, d.FileColumns(), 12)
}

func writeView(b *strings.Builder, d dataset.Definition, text string) {
	fmt.Fprintf(b, `
  %[1]sView:
    Type: AWS::Glue::Table
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Catalog
      TableInput:
        Name: %[2]s
        Description: %[3]s
        TableType: VIRTUAL_VIEW
        Parameters: {presto_view: 'true', comment: Presto View}
        ViewExpandedText: /* Presto View */
        ViewOriginalText: !Join
          - ''
          - - '/* Presto View: '
            - Fn::Base64: !Sub >-
%[4]s            - ' */'
        PartitionKeys: []
        StorageDescriptor:
          SerdeInfo: {}
          Columns:
`, resourceName(d.Name), d.Name, yamltext.Quoted(d.Meaning+" LEAF rows alone, and each unit and day from one subscription, so that sums over units are right."),
		wrapped(text, 16))
	writeColumns(b, d.Columns, 12)
}

// wrapped breaks text at spaces into indented lines, which YAML's folded style puts together again.
func wrapped(text string, indent int) string {
	const width = 120
	var b strings.Builder
	line := strings.Repeat(" ", indent)
	for word := range strings.SplitSeq(text, " ") {
		if len(line) > indent && len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = strings.Repeat(" ", indent)
		}
		if len(line) > indent {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}

// partitions is the column that the path spells out. A table in Glue may have a column only once.
func partitions(d dataset.Definition) []dataset.Column {
	var out []dataset.Column
	for _, c := range d.Columns {
		if c.Role == dataset.RoleDate {
			out = append(out, c)
		}
	}
	return out
}

func writeColumns(b *strings.Builder, columns []dataset.Column, indent int) {
	for _, c := range columns {
		fmt.Fprintf(b, "%*s- {Name: %s, Type: '%s', Comment: %s}\n", indent, "", c.Name, c.Type.SQL(), yamltext.Quoted(comment(c)))
	}
}

// comment is a column's meaning and what may be done with it, in the 255 characters that Glue takes.
func comment(c dataset.Column) string {
	text := c.Meaning
	if c.Additivity != dataset.NotMeasured {
		text += " Adds up: " + string(c.Additivity) + "."
	}
	return text
}

func writeQuestion(b *strings.Builder, q Question) {
	fmt.Fprintf(b, `
  Ask%[1]s:
    Type: AWS::Athena::NamedQuery
    Properties:
      Name: %[2]s
      Description: %[3]s
      Database: !Ref Catalog
      WorkGroup: !Ref WorkGroup
      QueryString: |-
`, q.ID, yamltext.Quoted(q.Name), yamltext.Quoted(q.Meaning))
	for line := range strings.SplitSeq(q.SQL, "\n") {
		fmt.Fprintf(b, "        %s\n", line)
	}
}
