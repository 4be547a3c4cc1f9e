#!/bin/sh
# orders.c as a shell script: the command line prints rows as CSV, one on each line, and its exit status says whether the answer is complete.
#
#     ./orders.sh multidb.json 100
set -u
rows=$(multidb query --config "$1" --role admin --format csv --param "least=$2" '{
	"from": "orders", "columns": ["id", "total"], "orderBy": [{"column": "total", "direction": "desc"}],
	"filters": [{"column": "total", "operator": ">=", "value": {"$param": "least"}}]}') || exit 1
printf '%s\n' "$rows" | tr -d '\r' | {
	IFS=, read -r first second # the names of the columns
	while IFS=, read -r id total; do
		printf '%s=%s %s=%s\n' "$first" "$id" "$second" "$total"
	done
}
