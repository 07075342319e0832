-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tokens say what they are for and when they were last used; members may have limits of their own.

ALTER TABLE member_token ADD COLUMN description text;
ALTER TABLE member_token ADD COLUMN used int8;

ALTER TABLE member ADD COLUMN limit_instances int8 CHECK (limit_instances >= 0);
ALTER TABLE member ADD COLUMN limit_cpu_millis int8 CHECK (limit_cpu_millis >= 0);
ALTER TABLE member ADD COLUMN limit_memory_mib int8 CHECK (limit_memory_mib >= 0);
ALTER TABLE member ADD COLUMN limit_disk_mib int8 CHECK (limit_disk_mib >= 0);

-- Who did what. Nothing refers to it and it refers to nothing: what it names may be gone. Entries are added with the change they tell of; none is altered, and
-- none younger than 30 days is removed, whoever asks.
CREATE TABLE audit (
	id         uuid PRIMARY KEY,
	time       int8 NOT NULL,
	role       text NOT NULL,
	who        uuid,
	who_name   text NOT NULL,
	origin     text NOT NULL,
	action     text NOT NULL,
	target     text NOT NULL,
	resource   uuid,
	outcome    text NOT NULL,
	detail     text NOT NULL,
	request_id text NOT NULL,
	revision   int8 NOT NULL CHECK (revision >= 0)
);

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		IF OLD.time < (extract(epoch FROM now()) - 30 * 86400) * 1000 THEN
			RETURN OLD;
		END IF;
	END IF;
	RAISE EXCEPTION 'the audit log is only added to';
END $$;
CREATE TRIGGER audit_row_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
