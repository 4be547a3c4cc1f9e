# bash completion for multidb: commands, options, the formats, the roles of the configuration in use.

_multidb_config() {
	local i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c | --config) echo "${COMP_WORDS[i + 1]}"; return ;;
		esac
	done
	echo "${MULTIDB_CONFIG:-multidb.json}"
}

_multidb_roles() {
	python3 -c 'import json, sys; print("\n".join(r["id"] for r in json.load(open(sys.argv[1]))["roles"]))' "$(_multidb_config)" 2>/dev/null
}

_multidb() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} options="--config --config-table --json --debug --help"
	local commands="validate plan explain query count run schema demo help version"
	case $before in
	-c | --config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
	-r | --role | --service-role) mapfile -t COMPREPLY < <(compgen -W "$(_multidb_roles)" -- "$word"); return ;;
	--format) mapfile -t COMPREPLY < <(compgen -W "table json ndjson csv" -- "$word"); return ;;
	--config-table) COMPREPLY=(); return ;;
	--dir) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
	esac
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
		return
	fi
	if [ "${COMP_WORDS[1]}" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
		return
	fi
	case ${COMP_WORDS[1]} in
	validate | plan | explain | count) options+=" --role --service-role --context --context-json --param --params" ;;
	query) options+=" --role --service-role --context --context-json --param --params --format" ;;
	demo) options+=" --dir" ;;
	schema) options+=" --query" ;;
	esac
	case $word in
	-*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}

complete -F _multidb multidb
