-- SPDX-License-Identifier: GPL-3.0-or-later
-- Records of requests that no node could take: so many of a member and of the zone, the latest. As those of placements, but of nothing that is there.
CREATE TABLE refused (LIKE placement INCLUDING ALL);
DO $$
DECLARE
	c record;
BEGIN
	FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'refused'::regclass AND conname LIKE 'placement%' LOOP
		EXECUTE format('ALTER TABLE refused RENAME CONSTRAINT %I TO %I', c.conname, replace(c.conname, 'placement', 'refused'));
	END LOOP;
END
$$;
