-- SPDX-License-Identifier: GPL-3.0-or-later
-- What members wish of the places of their instances; kept, because an instance may have to move.
ALTER TABLE instance
	ADD COLUMN "constraint" text,
	ADD COLUMN affinity text,
	ADD COLUMN spread text,
	ADD COLUMN near text,
	ADD COLUMN within_ms int8 CHECK (within_ms >= 0);
