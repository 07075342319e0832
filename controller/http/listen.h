/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets to listen on. */
#pragma once

#include "common/error.h"

#include <sys/types.h>

/* "host:port" or "[ipv6]:port"; port 0 takes a free one. @err INVALID not an address, CONFLICT in use, IO */
int listen_tcp(const char *address, int *ret_fd, int *ret_port, struct cc_error *err);
/* A unix socket; one that nobody listens on any more is replaced. @err INVALID too long, CONFLICT somebody listens, IO */
int listen_unix(const char *path, mode_t mode, int *ret_fd, struct cc_error *err);
