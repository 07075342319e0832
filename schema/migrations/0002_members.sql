-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tokens say what they are for and when they were last used; members may have limits of their own.

ALTER TABLE member_token ADD COLUMN description text;
ALTER TABLE member_token ADD COLUMN used int8;

ALTER TABLE member ADD COLUMN limit_instances int8 CHECK (limit_instances >= 0);
ALTER TABLE member ADD COLUMN limit_cpu_millis int8 CHECK (limit_cpu_millis >= 0);
ALTER TABLE member ADD COLUMN limit_memory_mib int8 CHECK (limit_memory_mib >= 0);
ALTER TABLE member ADD COLUMN limit_disk_mib int8 CHECK (limit_disk_mib >= 0);
