-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where a node is on the map of distances; kept so that a controller that starts knows it.
ALTER TABLE node
	ADD COLUMN pos_x int8,
	ADD COLUMN pos_y int8,
	ADD COLUMN pos_h int8,
	ADD COLUMN pos_error int8;
