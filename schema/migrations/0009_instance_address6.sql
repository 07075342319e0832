-- SPDX-License-Identifier: GPL-3.0-or-later
-- Beside the IPv4 address, where the node has IPv6 for its instances.
ALTER TABLE instance ADD COLUMN address6 text;
