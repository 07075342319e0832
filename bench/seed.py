# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone with nodes and instances that exist in the database alone, for figures about the controller."""

import subprocess


def seed(zone, nodes, instances, pins=None):
    """Replaces what the zone has. `instances` of them run on `nodes` nodes; there is an image 'busybox'. Nobody ever hears of the nodes again, unless somebody has
    the keys that `pins` are of."""
    zone.controller.stop()
    pins = pins or [f"{i:064x}" for i in range(1, nodes + 1)]
    sql = "\n".join(["CREATE TEMP TABLE key (number serial, pin text);", "COPY key (pin) FROM STDIN;", *pins[:nodes], "\\.", f"""
        BEGIN; DELETE FROM idempotency; DELETE FROM instance; DELETE FROM placement; DELETE FROM node; DELETE FROM image;
        INSERT INTO image SELECT gen_random_uuid(), 'busybox', 'amd64', 1, repeat('0', 64), id, 0, 0 FROM member WHERE role = 'admin' LIMIT 1;
        INSERT INTO node SELECT gen_random_uuid(), 'n' || number, 'ready', m.id, pin, 'amd64', 'seeded', '["lxc"]',
            big, big, big, big, big, big, 900000, big, big, big, 900000, 0, 0, 0, 0, '{{}}', 0, 0, 0
        FROM key, (SELECT id FROM member WHERE role = 'admin' LIMIT 1) m, (SELECT 1000000000000 AS big) b;
        INSERT INTO instance SELECT gen_random_uuid(), 'i' || i, 'running', 'running', '', m.member, m.id, n.id, 1, 0, 1000, 128, 1024, 512, 'keep',
            '10.0.0.1', 0, 0, 0, 0
        FROM generate_series(1, {instances}) i, image m, node n WHERE n.name = 'n' || (1 + i % {nodes});
        INSERT INTO placement SELECT i.id, 0, true, n.id, n.name, 'zone', 1000, NULL, NULL, NULL, {nodes}, '[]', '[]', NULL, 0, 0, 0
        FROM instance i, node n WHERE n.id = i.node;
        COMMIT; ANALYZE;"""])
    subprocess.run([f"{zone.pg.bin}/psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", zone.pg.conninfo], check=True, input=sql, text=True, stdout=subprocess.DEVNULL)
    zone.controller.start()
    zone.wait_ready()
