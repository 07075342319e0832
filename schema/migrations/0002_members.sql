-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tokens say what they are for and when they were last used.

ALTER TABLE member_token ADD COLUMN description text;
ALTER TABLE member_token ADD COLUMN used int8;
