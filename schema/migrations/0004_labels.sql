-- SPDX-License-Identifier: GPL-3.0-or-later
ALTER TABLE instance ADD COLUMN labels jsonb CHECK (jsonb_typeof(labels) = 'object');
