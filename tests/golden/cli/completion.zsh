#compdef ccctl
# zsh completion for ccctl. Printed by: ccctl completion zsh
_ccctl() {
	local cmd= files= i
	local -a opts names verbs
	for ((i = 2; i < CURRENT; i++)); do
		case ${words[i]} in
		--) _normal; return ;;
		--image|--memory|-m|--cpu|-c|--disk|-d|--pids|--bandwidth|--publish|-p|--node|-n|--constraint|--affinity|--spread|--near|--within|--label|--volume|-v|--on-disconnect|--timeout|--output|-o|--socket|--controller|--context|--pin|--token|--filter|--selector|-l|--to|--env|-e|--escape|--lines|--size|-s|--name|--include|--mirror|--arch|--sign|--key|--signature|--owner|--expires|--deadline|--reason|--instances|--member|--description|--resource|--since|--limit|--topic|--recent) ((i++)) ;;
		-*) ;;
		*) cmd=${cmd:+$cmd }${words[i]} ;;
		esac
	done
	case ${words[CURRENT-1]} in
	--image) names=(${(f)"$(ccctl image list -o name 2>/dev/null)"}); compadd -a names; return ;;
	--memory|-m) return ;;
	--cpu|-c) return ;;
	--disk|-d) return ;;
	--pids) return ;;
	--bandwidth) return ;;
	--publish|-p) return ;;
	--node|-n) names=(${(f)"$(ccctl node list -o name 2>/dev/null)"}); compadd -a names; return ;;
	--constraint) return ;;
	--affinity) return ;;
	--spread) return ;;
	--near) return ;;
	--within) return ;;
	--label) return ;;
	--volume|-v) return ;;
	--on-disconnect) compadd keep stop; return ;;
	--timeout) return ;;
	--output|-o) compadd table wide json yaml csv name; return ;;
	--socket) _files; return ;;
	--controller) return ;;
	--context) names=(${(f)"$(ccctl context list -o name 2>/dev/null)"}); compadd -a names; return ;;
	--pin) return ;;
	--token) return ;;
	--filter) return ;;
	--selector|-l) return ;;
	--to) names=(${(f)"$(ccctl node list -o name 2>/dev/null)"}); compadd -a names; return ;;
	--env|-e) return ;;
	--escape) return ;;
	--lines) return ;;
	--size|-s) return ;;
	--name) return ;;
	--include) return ;;
	--mirror) return ;;
	--arch) return ;;
	--sign) _files; return ;;
	--key) _files; return ;;
	--signature) _files; return ;;
	--owner) names=(${(f)"$(ccctl member list -o name 2>/dev/null)"}); compadd -a names; return ;;
	--expires) return ;;
	--deadline) return ;;
	--reason) return ;;
	--instances) return ;;
	--member) names=(${(f)"$(ccctl member list -o name 2>/dev/null)"}); compadd -a names; return ;;
	--description) return ;;
	--resource) return ;;
	--since) return ;;
	--limit) return ;;
	--topic) return ;;
	--recent) return ;;
	esac
	case $cmd in
	'') verbs=( 'create:Create an instance and start it' 'list:List instances' 'show:Show everything about an instance' 'explain:Say why an instance is where it is, or why there was no room for it' 'set:Change an instance'\''s limits and labels' 'publish:Let ports of the node lead to an instance' 'unpublish:Let ports of the node lead to an instance no longer' 'start:Start stopped or failed instances' 'stop:Stop instances; their disks and places are kept' 'restart:Stop instances and start them again' 'move:Move an instance to another node' 'delete:Delete instances with their disks' 'exec:Run a program inside an instance' 'cp:Copy files into or out of an instance' 'export:Write an instance to a file, to be brought elsewhere' 'import:Make an instance of a file that export has written' 'console:Sit down at an instance'\''s console' 'logs:Show what an instance'\''s init has printed on its console' 'snapshot:and a verb' 'volume:and a verb' 'image:and a verb' 'node:and a verb' 'invite:and a verb' 'member:and a verb' 'token:and a verb' 'audit:Show who did what, from where; for admins' 'login:Use a zone from this machine with a token' 'logout:Forget the token of the current context, or of CONTEXT' 'context:and a verb' 'events:Show what happened, or follow what happens' 'status:Say how the zone is and what to do' 'version:Show the versions of ccctl and of the controller' 'completion:Print shell completion' 'help:Show help' ); opts=('--help:Show help' '--version:Show the version') ;;
	'snapshot') verbs=( 'create:Take a snapshot of an instance'\''s files' 'list:List the snapshots of an instance' 'restore:Make an instance'\''s files what they were in a snapshot' 'delete:Delete snapshots of an instance' ) ;;
	'volume') verbs=( 'create:Make a volume: files that outlive instances' 'list:List volumes' 'show:Show everything about a volume' 'grow:Give a volume a larger size' 'delete:Delete volumes that no instance uses, with their files' ) ;;
	'image') verbs=( 'build:Build a Debian image and import it' 'import:Import a root file system as an image' 'sign:Sign an image, so that zones and owners who want that let it run' 'list:List images' 'delete:Delete images that no instance uses' 'alias:and a verb' 'show:Show everything about an image' ) ;;
	'image alias') verbs=( 'add:Let another name stand for an image' 'list:List aliases of images' 'remove:Take aliases of images away' ) ;;
	'node') verbs=( 'invite:Make a token with which a machine joins as a node' 'list:List nodes and what is used of them' 'show:Show everything about a node' 'distance:Show how far a node is from the others, nearest first' 'guests:List what runs on a node of yours, and whose it is' 'evict:Stop instances of others on a node of yours' 'drain:Place nothing new on a node, and move away what can move' 'undrain:Place instances on a drained node again' 'cap:Cap what the zone may place on a node' 'remove:Remove a node from the zone' ) ;;
	'invite') verbs=( 'list:List invitations of nodes; their tokens are not known' 'show:Show an invitation' 'revoke:Take back invitations that nobody used' ) ;;
	'member') verbs=( 'add:Add a member and print their token' 'list:List members' 'show:Show a member, what they use and may use' 'role:Make a member an admin, or an admin a member' 'limit:Say how much a member may have' 'remove:Remove members who own nothing, with their tokens' ) ;;
	'token') verbs=( 'create:Make a token and print it' 'list:List tokens; their secrets are not known' 'revoke:End tokens at once' ) ;;
	'context') verbs=( 'list:List the zones you are logged in to' 'show:Show the current context, or CONTEXT; never its secret' 'use:Choose the zone that ccctl speaks to' 'remove:Forget contexts and their tokens' ) ;;
	'create'|'create '*)
		opts=( '--image:Image to make it from: its name, an alias, its id, or NAME:ARCH. Of several architectures the node'\''s is taken. Needed.' '--memory:Memory limit: 256MiB, 2GiB. Default: 128MiB' '--cpu:Processor limit in cores: 0.5, 2, 500m. Default: 1' '--disk:Disk limit. Default: 1GiB' '--pids:Limit of processes and threads. Default: 512' '--bandwidth:Limit of what it sends and of what it receives beyond its node, each: 10Mbit, 512kbit. Default: none' '--publish:A port of the node that leads to it, for tcp (default) or udp; may be given again.' '--node:Only this node. Default: the zone chooses; see ccctl explain.' '--constraint:Only nodes with such labels: a=b,c!=d,e in (x,y),f,!g' '--affinity:Rather nodes with such labels; others will do.' '--spread:Away from your instances with the same labels: node, owner, or a label of nodes. With :N at most N together.' '--near:The nodes nearest to it. Default: to a node of your own.' '--within:No farther away than this round trip: 20ms.' '--label:A label, for '\''ccctl list --selector'\''; may be given again.' '--volume:A volume, and where it is in the instance; with :ro it cannot be written there. May be given again.' '--on-disconnect:While its node is cut off: keep it running (default), or stop it when the node'\''s lease ends.' '--stateless:Its files do not matter: it may be started anew on another node when its node is drained.' '--dry-run:Say where it would be placed, and why, or what is in the way; create nothing.' '--explain:Say why it is where it is, or all that is in the way and what would help; with --dry-run the nodes it was compared with too.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'list'|'list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--selector:Only those with such labels: a=b,c!=d,e in (x,y),f,!g' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'show'|'show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'explain'|'explain '*)
		opts=( '--refused:Requests that no node could take; with NAME the last one of that name, and what would have helped.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'set'|'set '*)
		opts=( '--memory:Memory limit: 256MiB, 2GiB.' '--cpu:Processor limit in cores: 0.5, 2, 500m.' '--disk:Disk limit; not below what is used.' '--pids:Limit of processes and threads.' '--bandwidth:Limit of what it sends and of what it receives beyond its node, each: 10Mbit, 512kbit; or none.' '--label:Set a label, or take one away with NAME-; may be given again.' '--on-disconnect:While its node is cut off: keep it running, or stop it when the node'\''s lease ends.' '--stateless:Its files do not matter: it may be started anew on another node.' '--stateful:They do; so it is for every instance of which nothing else was said.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'publish'|'publish '*)
		opts=( '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'unpublish'|'unpublish '*)
		opts=( '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'start'|'start '*)
		opts=( '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'stop'|'stop '*)
		opts=( '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'restart'|'restart '*)
		opts=( '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'move'|'move '*)
		opts=( '--to:To this node. Default: the zone chooses, as for a new one.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'delete'|'delete '*)
		opts=( '--yes:Do not ask.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'exec'|'exec '*)
		opts=( '--env:Set an environment variable; may be given again.' '--stdin:Pass on stdin even when it is a terminal.' '--tty:Give the program a terminal. The default when stdin and stdout are terminals.' '--no-tty:Give it none: stdout and stderr stay apart, and bytes stay as they are.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'cp'|'cp '*)
		opts=( '--archive:Keep owners, by number, and set-id bits. Out of an instance this needs root here.' '--follow-link:A source that is a symbolic link: copy what it leads to.' '--recursive:Nothing to ask for: directories are always copied whole.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		files=1
		;;
	'export'|'export '*)
		opts=( '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		files=1
		;;
	'import'|'import '*)
		opts=( '--image:What the image is called that it becomes. Default: as the instance' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		files=1
		;;
	'console'|'console '*)
		opts=( '--escape:Keys that leave: '\''^a q'\'' (default), another control character and letter, or '\''~.'\''' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'logs'|'logs '*)
		opts=( '--follow:Go on with what comes, until the instance stops.' '--lines:Only the last N lines.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'snapshot create'|'snapshot create '*)
		opts=( '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'snapshot list'|'snapshot list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'snapshot restore'|'snapshot restore '*)
		opts=( '--restart:Also while it runs: it is stopped, restored and started again.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'snapshot delete'|'snapshot delete '*)
		opts=( '--yes:Do not ask.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl list -o name 2>/dev/null)"})
		;;
	'volume create'|'volume create '*)
		opts=( '--size:Its size: 512MiB, 10GiB. Needed.' '--node:The node that shall have it. Default: that of the first instance that uses it.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'volume list'|'volume list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'volume show'|'volume show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl volume list -o name 2>/dev/null)"})
		;;
	'volume grow'|'volume grow '*)
		opts=( '--size:Its new size. Needed.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl volume list -o name 2>/dev/null)"})
		;;
	'volume delete'|'volume delete '*)
		opts=( '--yes:Do not ask.' '--wait:Wait until it is done (the default).' '--no-wait:Return as soon as the zone has taken the request.' '--timeout:Longest wait: 30s, 5m (default), 1h. When it is over the request still stands.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl volume list -o name 2>/dev/null)"})
		;;
	'image build'|'image build '*)
		opts=( '--name:What the image is called. Default: debian-12 and the like' '--include:Packages besides, separated by commas: openssh-server,nginx' '--mirror:Where the packages come from. Default: where apt on this machine gets them from, security updates too.' '--arch:Architecture in Debian'\''s words; another one than this machine'\''s needs qemu-user-static. Default: this machine'\''s' '--to:Only write the archive to FILE, for ccctl image import; no controller is asked.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'image import'|'image import '*)
		opts=( '--arch:Architecture in Debian'\''s words: amd64, arm64, armhf. Default: what the image says of itself, or this machine'\''s' '--sign:Sign it with this secret key, as ccctl image sign does' '--entrypoint:Of an OCI layout: let instances run what the image says (Entrypoint and Cmd), also where it has an /sbin/init' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		files=1
		;;
	'image sign'|'image sign '*)
		opts=( '--key:Secret key of minisign'\''s without a passphrase (minisign -G -W)' '--signature:Signature that minisign made of the statement: its .minisig file' '--statement:Only print the image'\''s statement, for minisign -S to sign' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl image list -o name 2>/dev/null)"})
		;;
	'image list'|'image list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'image delete'|'image delete '*)
		opts=( '--yes:Do not ask.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl image list -o name 2>/dev/null)"})
		;;
	'image alias add'|'image alias add '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'image alias list'|'image alias list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'image alias remove'|'image alias remove '*)
		opts=( '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl image alias list -o name 2>/dev/null)"})
		;;
	'image show'|'image show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl image list -o name 2>/dev/null)"})
		;;
	'node invite'|'node invite '*)
		opts=( '--owner:The member who will own the node. Default: you' '--expires:How long the token is good for: 1h, 24h (default), at most 30d.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'node list'|'node list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--selector:Only those with such labels: a=b,c!=d,e in (x,y),f,!g' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'node show'|'node show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node distance'|'node distance '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node guests'|'node guests '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node evict'|'node evict '*)
		opts=( '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node drain'|'node drain '*)
		opts=( '--close:Only place nothing new there; what is there stays.' '--deadline:Move things away until then: 30m, 2h. What is still there then stays.' '--stop:Stop what is still there at the deadline.' '--reason:Why: told to whoever asks for a place there.' '--wait:Wait until no instance is left there.' '--timeout:Longest wait: 30s, 5m (default), 1h. The node stays drained.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node undrain'|'node undrain '*)
		opts=( '--no-return:What the drain moved away stays where it is.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node cap'|'node cap '*)
		opts=( '--cpu:Most processor: 0.5, 2, 500m.' '--memory:Most memory: 512MiB, 2GiB.' '--disk:Most disk.' '--instances:Most instances.' '--none:Lift all caps but those given with it.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'node remove'|'node remove '*)
		opts=( '--force:Also while instances are assigned to it, if it is silent or drained: they fail.' '--yes:Do not ask.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl node list -o name 2>/dev/null)"})
		;;
	'invite list'|'invite list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'invite show'|'invite show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl invite list -o name 2>/dev/null)"})
		;;
	'invite revoke'|'invite revoke '*)
		opts=( '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl invite list -o name 2>/dev/null)"})
		;;
	'member add'|'member add '*)
		opts=( '--admin:The member may run the zone.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'member list'|'member list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'member show'|'member show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl member list -o name 2>/dev/null)"})
		;;
	'member role'|'member role '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl member list -o name 2>/dev/null)"})
		;;
	'member limit'|'member limit '*)
		opts=( '--instances:Most instances, stopped ones too.' '--cpu:Most processor cores of all their instances together.' '--memory:Most memory of all their instances together.' '--disk:Most disk of all their instances together.' '--default:Forget what was set for the member: the zone'\''s limits hold.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl member list -o name 2>/dev/null)"})
		;;
	'member remove'|'member remove '*)
		opts=( '--yes:Do not ask.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl member list -o name 2>/dev/null)"})
		;;
	'token create'|'token create '*)
		opts=( '--member:Whose token it becomes; for admins. Default: yours' '--expires:How long it is good for: 12h, 30d. Default: until it is revoked' '--description:What it is for, to be known again in the list.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'token list'|'token list '*)
		opts=( '--filter:Only those that are so; may be given again. See the help of the command for keys.' '--watch:Go on with every change until you end it: drawn anew on a terminal, elsewhere a line for each.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'token revoke'|'token revoke '*)
		opts=( '--yes:Do not ask.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl token list -o name 2>/dev/null)"})
		;;
	'audit'|'audit '*)
		opts=( '--member:Only what this member, or node, did.' '--resource:Only what was done to this: name or id.' '--since:Only the last 2h, 7d.' '--limit:Most entries: 50 (default), at most 1000.' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'login'|'login '*)
		opts=( '--name:Name of the context. Default: the zone'\''s' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'logout'|'logout '*)
		opts=( '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl context list -o name 2>/dev/null)"})
		;;
	'context list'|'context list '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'context show'|'context show '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl context list -o name 2>/dev/null)"})
		;;
	'context use'|'context use '*)
		opts=( '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl context list -o name 2>/dev/null)"})
		;;
	'context remove'|'context remove '*)
		opts=( '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(${(f)"$(ccctl context list -o name 2>/dev/null)"})
		;;
	'events'|'events '*)
		opts=( '--follow:Go on as things happen, until you end it.' '--topic:Only these: instance, node, image, member, snapshot, volume; separated by commas.' '--recent:Begin with so many of the zone'\''s last events. Default: 100, with --follow none' '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'status'|'status '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'version'|'version '*)
		opts=( '--output:How to print: table (default) and wide are for people, the others for programs.' '--socket:The controller'\''s unix socket. Default: /run/communitycloud/controller.sock' '--controller:Reach the controller over the network instead; needs --token, and --pin unless the token carries it. Several: HOST:PORT,HOST:PORT' '--context:Use this context of ccctl login, or '\''local'\'' for this machine'\''s controller. Default: the one of ccctl context use.' '--pin:SHA-256 of the controller'\''s public key, 64 hexadecimal digits.' '--token:Your token. Better given by the variable, or once to ccctl login: others can see command lines.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	'completion'|'completion '*)
		opts=( '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		names=(bash zsh fish)
		;;
	'help'|'help '*)
		opts=( '--man:Print the manual page, for man -l -.' '--help:Show help for the command.' '--version:Show ccctl'\''s own version.' )
		;;
	esac
	if [[ ${words[CURRENT]} == -* ]]; then
		_describe option opts
		return
	fi
	((${#verbs})) && _describe command verbs
	((${#names})) && compadd -a names
	[[ -n $files ]] && _files
}
if [[ ${funcstack[1]} == _ccctl ]]; then
	_ccctl "$@"
else
	compdef _ccctl ccctl
fi
