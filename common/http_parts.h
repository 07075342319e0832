/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the HTTP client that know nothing of the transports. Used by http_*.c of this folder only. */
#pragma once

#include "common/buf.h"
#include "common/http_client.h"

/* Why an exchange ended without a complete reply. */
enum cc_http_failure {
	CC_HTTP_FINE,
	CC_HTTP_NO_NAME,    /* the host does not resolve */
	CC_HTTP_NO_CONNECT, /* sys_errno says why */
	CC_HTTP_NO_ANSWER,  /* nobody answered within the connect timeout */
	CC_HTTP_OTHER_KEY,  /* not the pinned one */
	CC_HTTP_NO_TLS,     /* the handshake failed */
	CC_HTTP_BROKEN,     /* the connection broke off */
	CC_HTTP_LATE,       /* the deadline passed */
	CC_HTTP_SILENT,     /* nothing moved for too long */
	CC_HTTP_TOO_MUCH,   /* the reply is over its limit */
	CC_HTTP_STOPPED,    /* a callback said so */
	CC_HTTP_OTHER,      /* anything else; `detail` says what */
};

struct cc_http_failed {
	enum cc_http_failure failure;
	const char *where; /* "host:port" or the path of the socket */
	bool is_socket;
	int sys_errno;
	int64_t limit; /* milliseconds or bytes, for LATE, SILENT, NO_ANSWER and TOO_MUCH */
	const char *detail;
};

/* Fills err with what happened and what to do about it. */
void cc_http_explain(const struct cc_http_failed *failed, struct cc_error *err);

/* Takes in one header line, "HTTP/1.1 200 OK" or "Name: value", with its line end. Strings go to the arena. */
void cc_http_reply_line(struct cc_http_reply *reply, struct cc_arena *arena, const char *line, size_t len);

/* The number in "HTTP/1.1 200 OK"; 0 when it is no status line. */
int cc_http_line_status(const char *line, size_t len);
/* Where the value is, without the blanks around it, when the line is the header of that name. */
bool cc_http_line_value(const char *line, size_t len, const char *name, const char **ret, size_t *ret_len);

/* NULL for NULL. */
const char *cc_http_copy_text(struct cc_arena *arena, const char *text);
/* The copy that a client keeps, with defaults filled in and `bearer` made the whole header line. @err INVALID */
int cc_http_copy_options(struct cc_arena *arena, const struct cc_http_options *options, struct cc_http_options *ret, struct cc_error *err);
/* Checks what could break the framing. @err INVALID */
int cc_http_check_request(const struct cc_http_request *request, struct cc_error *err);
/* Whether sending it once more does no harm: it has the same effect, and nobody saw anything of the first reply. */
bool cc_http_may_be_repeated(const struct cc_http_request *request);
/* The copy that an exchange keeps. */
struct cc_http_request cc_http_copy_request(struct cc_arena *arena, const struct cc_http_request *request);

/* http_exchange.c: one request and what became of it. Transports call the functions below, which call the user's callbacks. */
struct cc_http_exchange {
	struct cc_http_exchange *next;
	struct cc_http *http;
	struct cc_arena *arena;
	struct cc_http_request request; /* strings in the arena */
	void *attempt;                  /* the transport's; NULL until begun */
	size_t address;                 /* which of the client's */
	size_t attempts;
	int64_t started_ms;
	int64_t active_ms; /* when something moved last */
	int64_t sent;      /* bytes, as last looked at */
	size_t received;
	struct cc_http_reply reply;
	struct cc_buf body;
	bool headers_end;
	bool paused_in;
	bool paused_out;
	bool resume;    /* asked for */
	bool cancelled; /* asked for */
	bool over;      /* the attempt; `failure` says how */
	bool was_sent;  /* some of the request may have left: no other address is tried */
	enum cc_http_failure failure;
	int sys_errno;
	char detail[256];          /* the transport's own words */
	struct cc_error first_err; /* of the address tried first, told when all fail */
};

struct cc_http_exchange *cc_http_exchange_new(struct cc_http *http, const struct cc_http_request *request);
/* Calls on_done unless it was cancelled, and frees it. It must be off every list, and its attempt ended. */
void cc_http_exchange_done(struct cc_http_exchange *x, const struct cc_error *err);
void cc_http_exchange_free(struct cc_http_exchange *x);

/* What arrived, and what is to leave. False, CC_HTTP_STOP and CC_HTTP_READ_STOP: end the attempt. */
bool cc_http_exchange_header(struct cc_http_exchange *x, const char *line, size_t len);
enum cc_http_flow cc_http_exchange_body(struct cc_http_exchange *x, const void *bytes, size_t len);
ssize_t cc_http_exchange_give(struct cc_http_exchange *x, char *to, size_t room);
void cc_http_exchange_resumed(struct cc_http_exchange *x);
/* Bytes that left in all: those of a buffer leave without a callback. */
void cc_http_exchange_sent(struct cc_http_exchange *x, int64_t sent, int64_t now_ms);
/* The attempt is over. What was found before, such as a reply over its limit, says more than `failure` and stays. */
void cc_http_exchange_over(struct cc_http_exchange *x, enum cc_http_failure failure, int sys_errno);

/* When it has to be looked at even if nothing happens; INT64_MAX: never. */
int64_t cc_http_exchange_due_ms(const struct cc_http_exchange *x);
/* The failure that the clock makes, CC_HTTP_FINE for none. */
enum cc_http_failure cc_http_exchange_overdue(const struct cc_http_exchange *x, int64_t now_ms);
/* What was passed, in milliseconds or bytes. */
int64_t cc_http_exchange_limit(const struct cc_http_exchange *x, enum cc_http_failure failure);
/* The error that is told in the end, given that of one more attempt. */
void cc_http_exchange_note_error(struct cc_http_exchange *x, const struct cc_error *err);
