-- SPDX-License-Identifier: GPL-3.0-or-later
-- The zone's controllers, each of which puts its own row when its session begins: the active one tells nodes where the others are. No part of the zone that is
-- kept in memory: standbys write here too.
CREATE TABLE controller (
	id          uuid PRIMARY KEY,
	run         uuid NOT NULL,
	name        text NOT NULL,
	addresses   jsonb NOT NULL CHECK (jsonb_typeof(addresses) = 'array'),
	pin         text NOT NULL CHECK (pin ~ '^[0-9a-f]{64}$'),
	version     text NOT NULL,
	backend_pid int4 NOT NULL,
	seen        int8 NOT NULL
);
