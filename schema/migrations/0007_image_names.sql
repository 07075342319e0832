-- SPDX-License-Identifier: GPL-3.0-or-later
-- A name has one image per architecture, and other names may stand for it.
ALTER TABLE image DROP CONSTRAINT image_name_unique;
ALTER TABLE image ADD CONSTRAINT image_name_arch_unique UNIQUE (name, arch) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE image_alias (
	id       uuid PRIMARY KEY,
	name     text NOT NULL CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
	target   text NOT NULL,
	member   uuid NOT NULL REFERENCES member DEFERRABLE INITIALLY DEFERRED,
	created  int8 NOT NULL,
	revision int8 NOT NULL CHECK (revision >= 0),
	CONSTRAINT image_alias_name_unique UNIQUE (name) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX image_alias_member ON image_alias (member);
