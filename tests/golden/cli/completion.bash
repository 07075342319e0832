# bash completion for ccctl. Printed by: ccctl completion bash
_ccctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} cmd= opts= names= files= i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) return ;;
		--image|--memory|-m|--cpu|-c|--disk|-d|--pids|--bandwidth|--publish|-p|--node|-n|--constraint|--affinity|--spread|--near|--within|--label|--volume|-v|--on-disconnect|--timeout|--output|-o|--socket|--controller|--context|--pin|--token|--filter|--selector|-l|--to|--env|-e|--escape|--lines|--size|-s|--name|--include|--mirror|--arch|--sign|--key|--signature|--owner|--expires|--deadline|--reason|--instances|--member|--description|--resource|--since|--limit|--topic|--recent) ((i++)) ;;
		-*) ;;
		*) cmd=${cmd:+$cmd }${COMP_WORDS[i]} ;;
		esac
	done
	case $prev in
	--image) COMPREPLY=($(compgen -W "$(ccctl image list -o name 2>/dev/null)" -- "$cur")); return ;;
	--memory|-m) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--cpu|-c) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--disk|-d) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--pids) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--bandwidth) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--publish|-p) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--node|-n) COMPREPLY=($(compgen -W "$(ccctl node list -o name 2>/dev/null)" -- "$cur")); return ;;
	--constraint) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--affinity) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--spread) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--near) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--within) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--label) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--volume|-v) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--on-disconnect) COMPREPLY=($(compgen -W "keep stop" -- "$cur")); return ;;
	--timeout) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--output|-o) COMPREPLY=($(compgen -W "table wide json yaml csv name" -- "$cur")); return ;;
	--socket) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--controller) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--context) COMPREPLY=($(compgen -W "$(ccctl context list -o name 2>/dev/null)" -- "$cur")); return ;;
	--pin) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--token) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--filter) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--selector|-l) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--to) COMPREPLY=($(compgen -W "$(ccctl node list -o name 2>/dev/null)" -- "$cur")); return ;;
	--env|-e) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--escape) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--lines) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--size|-s) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--name) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--include) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--mirror) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--arch) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--sign) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--key) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--signature) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	--owner) COMPREPLY=($(compgen -W "$(ccctl member list -o name 2>/dev/null)" -- "$cur")); return ;;
	--expires) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--deadline) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--reason) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--instances) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--member) COMPREPLY=($(compgen -W "$(ccctl member list -o name 2>/dev/null)" -- "$cur")); return ;;
	--description) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--resource) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--since) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--limit) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--topic) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	--recent) COMPREPLY=($(compgen -W "" -- "$cur")); return ;;
	esac
	case $cmd in
	'') names="create list show explain set publish unpublish start stop restart move delete exec cp export import console logs snapshot volume image node invite member token audit login logout context events status version completion help"; opts="--help --version" ;;
	'snapshot') names="create list restore delete" ;;
	'volume') names="create list show grow delete" ;;
	'image') names="build import sign list delete alias show" ;;
	'image alias') names="add list remove" ;;
	'node') names="invite list show distance guests evict drain undrain cap remove" ;;
	'invite') names="list show revoke" ;;
	'member') names="add list show role limit remove" ;;
	'token') names="create list revoke" ;;
	'context') names="list show use remove" ;;
	'create' | 'create '*)
		opts="--image --memory --cpu --disk --pids --bandwidth --publish --node --constraint --affinity --spread --near --within --label --volume --on-disconnect --stateless --dry-run --explain --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		;;
	'list' | 'list '*)
		opts="--filter --selector --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'show' | 'show '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'explain' | 'explain '*)
		opts="--refused --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'set' | 'set '*)
		opts="--memory --cpu --disk --pids --bandwidth --label --on-disconnect --stateless --stateful --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'publish' | 'publish '*)
		opts="--wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'unpublish' | 'unpublish '*)
		opts="--wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'start' | 'start '*)
		opts="--wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'stop' | 'stop '*)
		opts="--wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'restart' | 'restart '*)
		opts="--wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'move' | 'move '*)
		opts="--to --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'delete' | 'delete '*)
		opts="--yes --wait --no-wait --timeout --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'exec' | 'exec '*)
		opts="--env --stdin --tty --no-tty --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'cp' | 'cp '*)
		opts="--archive --follow-link --recursive --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		files=-f
		;;
	'export' | 'export '*)
		opts="--socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		files=-f
		;;
	'import' | 'import '*)
		opts="--image --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		files=-f
		;;
	'console' | 'console '*)
		opts="--escape --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'logs' | 'logs '*)
		opts="--follow --lines --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'snapshot create' | 'snapshot create '*)
		opts="--wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'snapshot list' | 'snapshot list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'snapshot restore' | 'snapshot restore '*)
		opts="--restart --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'snapshot delete' | 'snapshot delete '*)
		opts="--yes --wait --no-wait --timeout --socket --controller --context --pin --token --help --version"
		names="$(ccctl list -o name 2>/dev/null)"
		;;
	'volume create' | 'volume create '*)
		opts="--size --node --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		;;
	'volume list' | 'volume list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'volume show' | 'volume show '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl volume list -o name 2>/dev/null)"
		;;
	'volume grow' | 'volume grow '*)
		opts="--size --wait --no-wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl volume list -o name 2>/dev/null)"
		;;
	'volume delete' | 'volume delete '*)
		opts="--yes --wait --no-wait --timeout --socket --controller --context --pin --token --help --version"
		names="$(ccctl volume list -o name 2>/dev/null)"
		;;
	'image build' | 'image build '*)
		opts="--name --include --mirror --arch --to --output --socket --controller --context --pin --token --help --version"
		;;
	'image import' | 'image import '*)
		opts="--arch --sign --entrypoint --output --socket --controller --context --pin --token --help --version"
		files=-f
		;;
	'image sign' | 'image sign '*)
		opts="--key --signature --statement --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl image list -o name 2>/dev/null)"
		;;
	'image list' | 'image list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'image delete' | 'image delete '*)
		opts="--yes --socket --controller --context --pin --token --help --version"
		names="$(ccctl image list -o name 2>/dev/null)"
		;;
	'image alias add' | 'image alias add '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		;;
	'image alias list' | 'image alias list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'image alias remove' | 'image alias remove '*)
		opts="--socket --controller --context --pin --token --help --version"
		names="$(ccctl image alias list -o name 2>/dev/null)"
		;;
	'image show' | 'image show '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl image list -o name 2>/dev/null)"
		;;
	'node invite' | 'node invite '*)
		opts="--owner --expires --output --socket --controller --context --pin --token --help --version"
		;;
	'node list' | 'node list '*)
		opts="--filter --selector --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'node show' | 'node show '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node distance' | 'node distance '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node guests' | 'node guests '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node evict' | 'node evict '*)
		opts="--socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node drain' | 'node drain '*)
		opts="--close --deadline --stop --reason --wait --timeout --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node undrain' | 'node undrain '*)
		opts="--no-return --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node cap' | 'node cap '*)
		opts="--cpu --memory --disk --instances --none --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'node remove' | 'node remove '*)
		opts="--force --yes --socket --controller --context --pin --token --help --version"
		names="$(ccctl node list -o name 2>/dev/null)"
		;;
	'invite list' | 'invite list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'invite show' | 'invite show '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl invite list -o name 2>/dev/null)"
		;;
	'invite revoke' | 'invite revoke '*)
		opts="--socket --controller --context --pin --token --help --version"
		names="$(ccctl invite list -o name 2>/dev/null)"
		;;
	'member add' | 'member add '*)
		opts="--admin --output --socket --controller --context --pin --token --help --version"
		;;
	'member list' | 'member list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'member show' | 'member show '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl member list -o name 2>/dev/null)"
		;;
	'member role' | 'member role '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		names="$(ccctl member list -o name 2>/dev/null)"
		;;
	'member limit' | 'member limit '*)
		opts="--instances --cpu --memory --disk --default --output --socket --controller --context --pin --token --help --version"
		names="$(ccctl member list -o name 2>/dev/null)"
		;;
	'member remove' | 'member remove '*)
		opts="--yes --socket --controller --context --pin --token --help --version"
		names="$(ccctl member list -o name 2>/dev/null)"
		;;
	'token create' | 'token create '*)
		opts="--member --expires --description --output --socket --controller --context --pin --token --help --version"
		;;
	'token list' | 'token list '*)
		opts="--filter --watch --output --socket --controller --context --pin --token --help --version"
		;;
	'token revoke' | 'token revoke '*)
		opts="--yes --socket --controller --context --pin --token --help --version"
		names="$(ccctl token list -o name 2>/dev/null)"
		;;
	'audit' | 'audit '*)
		opts="--member --resource --since --limit --output --socket --controller --context --pin --token --help --version"
		;;
	'login' | 'login '*)
		opts="--name --help --version"
		;;
	'logout' | 'logout '*)
		opts="--help --version"
		names="$(ccctl context list -o name 2>/dev/null)"
		;;
	'context list' | 'context list '*)
		opts="--output --help --version"
		;;
	'context show' | 'context show '*)
		opts="--output --help --version"
		names="$(ccctl context list -o name 2>/dev/null)"
		;;
	'context use' | 'context use '*)
		opts="--help --version"
		names="$(ccctl context list -o name 2>/dev/null)"
		;;
	'context remove' | 'context remove '*)
		opts="--help --version"
		names="$(ccctl context list -o name 2>/dev/null)"
		;;
	'events' | 'events '*)
		opts="--follow --topic --recent --output --socket --controller --context --pin --token --help --version"
		;;
	'status' | 'status '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		;;
	'version' | 'version '*)
		opts="--output --socket --controller --context --pin --token --help --version"
		;;
	'completion' | 'completion '*)
		opts="--help --version"
		names="bash zsh fish"
		;;
	'help' | 'help '*)
		opts="--man --help --version"
		;;
	esac
	case $cur in
	-*) COMPREPLY=($(compgen -W "$opts" -- "$cur")) ;;
	*) COMPREPLY=($(compgen $files -W "$names" -- "$cur")) ;;
	esac
}
complete -F _ccctl ccctl
