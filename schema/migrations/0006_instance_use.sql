-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the node says of the limits and the memory of a running instance.
ALTER TABLE instance
	ADD COLUMN changing bool,
	ADD COLUMN used_memory_mib int8 CHECK (used_memory_mib >= 0);
