-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whom the owner of a node lets run instances there.
ALTER TABLE node
	ADD COLUMN allow_members jsonb CHECK (jsonb_typeof(allow_members) = 'array'),
	ADD COLUMN deny_members jsonb CHECK (jsonb_typeof(deny_members) = 'array');
