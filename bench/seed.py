# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone with nodes and instances that exist in the database alone, for figures about the controller."""


def seed(zone, nodes, instances):
    """Replaces what the zone has. `instances` of them run on `nodes` nodes that nobody ever hears of again; there is an image 'busybox'."""
    zone.controller.stop()
    zone.pg.query(f"""
        DELETE FROM instance; DELETE FROM placement; DELETE FROM node; DELETE FROM image;
        INSERT INTO image SELECT gen_random_uuid(), 'busybox', 'amd64', 1, repeat('0', 64), id, 0, 0 FROM member WHERE role = 'admin' LIMIT 1;
        INSERT INTO node SELECT gen_random_uuid(), 'n' || i, 'ready', m.id, lpad(to_hex(i), 64, '0'), 'amd64', 'seeded', '["lxc"]',
            big, big, big, big, big, big, 900000, big, big, big, 900000, 0, 0, 0, 0, '{{}}', 0, 0, 0
        FROM generate_series(1, {nodes}) i, (SELECT id FROM member WHERE role = 'admin' LIMIT 1) m, (SELECT 1000000000000 AS big) b;
        INSERT INTO instance SELECT gen_random_uuid(), 'i' || i, 'running', 'running', '', m.member, m.id, n.id, 1, 0, 1000, 128, 1024, 512, 'keep',
            '10.0.0.1', 0, 0, 0, 0
        FROM generate_series(1, {instances}) i, image m, node n WHERE n.name = 'n' || (1 + i % {nodes});
        INSERT INTO placement SELECT i.id, 0, true, n.id, n.name, 'zone', 1000, NULL, NULL, NULL, {nodes}, '[]', '[]', NULL, 0, 0, 0
        FROM instance i, node n WHERE n.id = i.node;
        ANALYZE""")
    zone.controller.start()
    zone.wait_ready()
