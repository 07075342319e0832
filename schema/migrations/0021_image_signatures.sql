-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who vouches for an image: signatures in minisign's format.
ALTER TABLE image
	ADD COLUMN signatures jsonb CHECK (jsonb_typeof(signatures) = 'array');
