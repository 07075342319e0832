-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the node says of the disk of an instance.
ALTER TABLE instance
	ADD COLUMN used_disk_mib int8 CHECK (used_disk_mib >= 0),
	ADD COLUMN disk_advisory bool;
