-- SPDX-License-Identifier: GPL-3.0-or-later
-- How much an instance may send and receive beyond its node.
ALTER TABLE instance
	ADD COLUMN bandwidth_kbit int8 CHECK (bandwidth_kbit BETWEEN 0 AND 100000000);
