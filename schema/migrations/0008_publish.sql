-- SPDX-License-Identifier: GPL-3.0-or-later
-- Ports of nodes that lead to instances, and what of that owners allow.
ALTER TABLE instance ADD COLUMN publish jsonb CHECK (jsonb_typeof(publish) = 'array');
ALTER TABLE node
	ADD COLUMN address text,
	ADD COLUMN publish_from int8 CHECK (publish_from >= 0),
	ADD COLUMN publish_to int8 CHECK (publish_to >= 0);

-- Kept by the triggers of instance alone: a port of a node leads to one instance.
CREATE TABLE published_port (
	node      uuid NOT NULL,
	protocol  text NOT NULL,
	node_port int8 NOT NULL,
	instance  uuid NOT NULL,
	CONSTRAINT published_port_once PRIMARY KEY (node, protocol, node_port) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX published_port_instance ON published_port (instance);

CREATE FUNCTION instance_publish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP <> 'INSERT' THEN
		DELETE FROM published_port WHERE instance = OLD.id;
	END IF;
	IF TG_OP <> 'DELETE' AND NEW.node IS NOT NULL AND NEW.publish IS NOT NULL THEN
		INSERT INTO published_port
		SELECT NEW.node, COALESCE(p ->> 'protocol', 'tcp'), (p ->> 'node_port')::int8, NEW.id FROM jsonb_array_elements(NEW.publish) p;
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER instance_publish_insert AFTER INSERT ON instance FOR EACH ROW WHEN (NEW.publish IS NOT NULL)
	EXECUTE FUNCTION instance_publish();
CREATE TRIGGER instance_publish_update AFTER UPDATE ON instance FOR EACH ROW
	WHEN (OLD.publish IS DISTINCT FROM NEW.publish OR OLD.node IS DISTINCT FROM NEW.node) EXECUTE FUNCTION instance_publish();
CREATE TRIGGER instance_publish_delete AFTER DELETE ON instance FOR EACH ROW WHEN (OLD.publish IS NOT NULL)
	EXECUTE FUNCTION instance_publish();
