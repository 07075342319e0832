-- SPDX-License-Identifier: GPL-3.0-or-later
-- A zone: one row of each kind that the controller keeps in memory, and what makes sure that only one controller writes.
--
-- Columns follow the lists of fields in common/model (a test compares them with the catalog: type, nullability, CHECK). References and unique names are
-- looked at when the batch commits, because a batch deletes first and puts table by table. Times are milliseconds since 1970.

CREATE TABLE zone (
	one      boolean PRIMARY KEY DEFAULT true CHECK (one),
	id       uuid NOT NULL,
	name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	created  int8 NOT NULL,
	revision int8 NOT NULL DEFAULT 0 CHECK (revision >= 0),
	term     int8 NOT NULL CHECK (term >= 1)
);

-- Which session holds the zone's advisory lock: who takes over can end it by name.
CREATE TABLE controller_heartbeat (
	one         boolean PRIMARY KEY DEFAULT true CHECK (one) REFERENCES zone (one),
	controller  uuid NOT NULL,
	term        int8 NOT NULL,
	backend_pid int4 NOT NULL,
	beat        int8 NOT NULL
);

CREATE TABLE member (
	id       uuid PRIMARY KEY,
	name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	role     text NOT NULL CHECK (role IN ('member', 'admin')),
	created  int8 NOT NULL,
	revision int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT member_name_unique UNIQUE (name) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE member_token (
	id          uuid PRIMARY KEY,
	member      uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	secret_hash text NOT NULL CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
	created     int8 NOT NULL,
	expires     int8,
	revision    int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT member_token_secret_unique UNIQUE (secret_hash) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX member_token_member ON member_token (member);

-- used_* is kept by the triggers of instance alone. The CHECKs are what an owner can rely on: never more is assigned than was granted.
CREATE TABLE node (
	id                 uuid PRIMARY KEY,
	name               text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	state              text NOT NULL CHECK (state IN ('joined', 'ready', 'silent')),
	owner              uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	pin                text NOT NULL CHECK (pin ~ '^[0-9a-f]{64}$'),
	arch               text NOT NULL,
	agent_version      text NOT NULL,
	features           jsonb NOT NULL CHECK (jsonb_typeof(features) = 'array'),
	cpu_millis         int8 NOT NULL CHECK (cpu_millis >= 0),
	memory_mib         int8 NOT NULL CHECK (memory_mib >= 0),
	disk_mib           int8 NOT NULL CHECK (disk_mib >= 0),
	offer_cpu_millis   int8 NOT NULL CHECK (offer_cpu_millis >= 0),
	offer_memory_mib   int8 NOT NULL CHECK (offer_memory_mib >= 0),
	offer_disk_mib     int8 NOT NULL CHECK (offer_disk_mib >= 0),
	offer_instances    int8 NOT NULL CHECK (offer_instances >= 0),
	granted_cpu_millis int8 NOT NULL CHECK (granted_cpu_millis >= 0),
	granted_memory_mib int8 NOT NULL CHECK (granted_memory_mib >= 0),
	granted_disk_mib   int8 NOT NULL CHECK (granted_disk_mib >= 0),
	granted_instances  int8 NOT NULL CHECK (granted_instances >= 0),
	used_cpu_millis    int8 NOT NULL DEFAULT 0 CHECK (used_cpu_millis >= 0),
	used_memory_mib    int8 NOT NULL DEFAULT 0 CHECK (used_memory_mib >= 0),
	used_disk_mib      int8 NOT NULL DEFAULT 0 CHECK (used_disk_mib >= 0),
	used_instances     int8 NOT NULL DEFAULT 0 CHECK (used_instances >= 0),
	labels             jsonb NOT NULL CHECK (jsonb_typeof(labels) = 'object'),
	created            int8 NOT NULL,
	last_seen          int8,
	revision           int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT node_name_unique UNIQUE (name) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT node_pin_unique UNIQUE (pin) DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT node_used_cpu_within_grant CHECK (used_cpu_millis <= granted_cpu_millis),
	CONSTRAINT node_used_memory_within_grant CHECK (used_memory_mib <= granted_memory_mib),
	CONSTRAINT node_used_disk_within_grant CHECK (used_disk_mib <= granted_disk_mib),
	CONSTRAINT node_used_instances_within_grant CHECK (used_instances <= granted_instances)
) WITH (fillfactor = 50); -- rows change with every batch: room for the next version on the same page
CREATE INDEX node_owner ON node (owner);

CREATE TABLE invite (
	id          uuid PRIMARY KEY,
	node_name   text NOT NULL CHECK (node_name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	owner       uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	secret_hash text NOT NULL CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
	created     int8 NOT NULL,
	expires     int8 NOT NULL,
	used        int8,
	node        uuid REFERENCES node DEFERRABLE INITIALLY DEFERRED,
	revision    int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT invite_secret_unique UNIQUE (secret_hash) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX invite_owner ON invite (owner);
CREATE INDEX invite_node ON invite (node) WHERE node IS NOT NULL;

CREATE TABLE image (
	id       uuid PRIMARY KEY,
	name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	arch     text NOT NULL,
	bytes    int8 NOT NULL CHECK (bytes >= 0),
	sha256   text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
	member   uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	created  int8 NOT NULL,
	revision int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT image_name_unique UNIQUE (name) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX image_member ON image (member);

CREATE TABLE instance (
	id            uuid PRIMARY KEY,
	name          text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	state         text NOT NULL CHECK (state IN ('requested', 'assigned', 'starting', 'running', 'stopping', 'stopped', 'failed', 'deleting',
		'unreachable')),
	desired       text NOT NULL CHECK (desired IN ('running', 'stopped', 'deleted')),
	reason        text NOT NULL,
	member        uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	image         uuid NOT NULL REFERENCES image DEFERRABLE INITIALLY DEFERRED,
	node          uuid REFERENCES node DEFERRABLE INITIALLY DEFERRED,
	epoch         int8 NOT NULL CHECK (epoch >= 0),
	boot_sn       int8 NOT NULL CHECK (boot_sn >= 0),
	cpu_millis    int8 NOT NULL CHECK (cpu_millis BETWEEN 10 AND 1024000),
	memory_mib    int8 NOT NULL CHECK (memory_mib BETWEEN 4 AND 16777216),
	disk_mib      int8 NOT NULL CHECK (disk_mib BETWEEN 1 AND 1073741824),
	pids          int8 NOT NULL CHECK (pids BETWEEN 8 AND 4194304),
	on_disconnect text NOT NULL CHECK (on_disconnect IN ('keep', 'stop')),
	address       text NOT NULL,
	created       int8 NOT NULL,
	started       int8,
	ordered       int8 NOT NULL CHECK (ordered >= 0),
	revision      int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT instance_name_unique UNIQUE (name) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 80);
CREATE INDEX instance_member ON instance (member);
CREATE INDEX instance_image ON instance (image);
CREATE INDEX instance_node ON instance (node) WHERE node IS NOT NULL;

-- Nodes are named here by what they were when it was decided, so they do not refer to rows that may go.
CREATE TABLE placement (
	id             uuid PRIMARY KEY REFERENCES instance DEFERRABLE INITIALLY DEFERRED,
	decided        int8 NOT NULL,
	placed         boolean NOT NULL,
	node           uuid,
	node_name      text CHECK (node_name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	tier           text,
	score          int8,
	runner_up      uuid,
	runner_up_name text CHECK (runner_up_name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	margin         int8,
	considered     int8 NOT NULL CHECK (considered >= 0),
	fell           jsonb NOT NULL CHECK (jsonb_typeof(fell) = 'array'),
	terms          jsonb NOT NULL CHECK (jsonb_typeof(terms) = 'array'),
	would_fit      text,
	seed           int8 NOT NULL CHECK (seed >= 0),
	snapshot       int8 NOT NULL CHECK (snapshot >= 0),
	revision       int8 NOT NULL CHECK (revision >= 0)
);

CREATE TABLE idempotency (
	id       uuid PRIMARY KEY,
	request  text NOT NULL CHECK (request ~ '^[0-9a-f]{64}$'),
	resource uuid NOT NULL,
	created  int8 NOT NULL,
	revision int8 NOT NULL CHECK (revision >= 0)
);

-- What must only grow. TG_ARGV[0] says what it is.
CREATE FUNCTION refuse_decrease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% never decreases', TG_ARGV[0]
		USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME, DETAIL = 'id ' || OLD.id;
END $$;

CREATE TRIGGER zone_revision_grows BEFORE UPDATE ON zone FOR EACH ROW WHEN (NEW.revision < OLD.revision)
	EXECUTE FUNCTION refuse_decrease('the revision of the zone');
CREATE TRIGGER zone_term_grows BEFORE UPDATE ON zone FOR EACH ROW WHEN (NEW.term < OLD.term)
	EXECUTE FUNCTION refuse_decrease('the term of the zone');
CREATE TRIGGER instance_epoch_grows BEFORE UPDATE ON instance FOR EACH ROW WHEN (NEW.epoch < OLD.epoch)
	EXECUTE FUNCTION refuse_decrease('the epoch of an instance');

-- Keeps node.used_*: the sum over the instances that have a node. Once per statement, with the rows it changed.
CREATE FUNCTION instance_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'INSERT' THEN
		UPDATE node n SET used_cpu_millis = n.used_cpu_millis + d.cpu, used_memory_mib = n.used_memory_mib + d.memory,
			used_disk_mib = n.used_disk_mib + d.disk, used_instances = n.used_instances + d.instances
		FROM (SELECT node, sum(cpu_millis)::int8 cpu, sum(memory_mib)::int8 memory, sum(disk_mib)::int8 disk, count(*) instances
			FROM now_rows WHERE node IS NOT NULL GROUP BY node) d
		WHERE n.id = d.node;
	ELSIF TG_OP = 'DELETE' THEN
		UPDATE node n SET used_cpu_millis = n.used_cpu_millis - d.cpu, used_memory_mib = n.used_memory_mib - d.memory,
			used_disk_mib = n.used_disk_mib - d.disk, used_instances = n.used_instances - d.instances
		FROM (SELECT node, sum(cpu_millis)::int8 cpu, sum(memory_mib)::int8 memory, sum(disk_mib)::int8 disk, count(*) instances
			FROM was_rows WHERE node IS NOT NULL GROUP BY node) d
		WHERE n.id = d.node;
	ELSE
		UPDATE node n SET used_cpu_millis = n.used_cpu_millis + d.cpu, used_memory_mib = n.used_memory_mib + d.memory,
			used_disk_mib = n.used_disk_mib + d.disk, used_instances = n.used_instances + d.instances
		FROM (SELECT node, sum(cpu)::int8 cpu, sum(memory)::int8 memory, sum(disk)::int8 disk, sum(instances)::int8 instances
			FROM (SELECT node, cpu_millis cpu, memory_mib memory, disk_mib disk, 1 instances FROM now_rows
				UNION ALL SELECT node, -cpu_millis, -memory_mib, -disk_mib, -1 FROM was_rows) c
			WHERE node IS NOT NULL GROUP BY node
			HAVING sum(cpu) <> 0 OR sum(memory) <> 0 OR sum(disk) <> 0 OR sum(instances) <> 0) d
		WHERE n.id = d.node;
	END IF;
	RETURN NULL;
END $$;

CREATE TRIGGER instance_use_insert AFTER INSERT ON instance REFERENCING NEW TABLE AS now_rows
	FOR EACH STATEMENT EXECUTE FUNCTION instance_use();
CREATE TRIGGER instance_use_update AFTER UPDATE ON instance REFERENCING OLD TABLE AS was_rows NEW TABLE AS now_rows
	FOR EACH STATEMENT EXECUTE FUNCTION instance_use();
CREATE TRIGGER instance_use_delete AFTER DELETE ON instance REFERENCING OLD TABLE AS was_rows
	FOR EACH STATEMENT EXECUTE FUNCTION instance_use();

-- The first statement of every batch. Raises, so that the rest of the pipeline is not carried out; the lock on the row holds off a taker until this batch
-- is over.
CREATE FUNCTION assert_term(expected int8) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	actual int8;
BEGIN
	SELECT term INTO actual FROM zone FOR SHARE;
	IF actual IS DISTINCT FROM expected THEN
		RAISE EXCEPTION 'term % is over: the zone is at term %', expected, actual USING ERRCODE = 'CCT01';
	END IF;
END $$;
