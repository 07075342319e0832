/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/swarm/swarm.h"

#include "common/io.h"
#include "common/keys_cert.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX (256 << 20)

int swarm_keys_make(const char *path, size_t n, struct cc_error *err)
{
	cc_auto(fclose) FILE *f = fopen(path, "we");
	char hex[CC_PIN_HEX];

	if (f == NULL)
		return cc_fail_errno(err, "making '%s'", path);
	for (size_t i = 0; i < n; i++) {
		cc_auto_buf struct cc_buf pem = { 0 };
		struct cc_cert cert = { 0 };

		if (cc_cert_make("simulated", &pem, err) < 0 || cc_cert_read(pem.data, pem.len, &cert, err) < 0)
			return -1;
		puts(cc_pin_format(cert.pin, hex));
		/* The NUL parts them. */
		if (fwrite(cc_buf_str(&pem), pem.len + 1, 1, f) != 1)
			return cc_fail_errno(err, "writing '%s'", path);
		cc_buf_free(&cert.key_pem);
		cc_buf_free(&cert.cert_pem);
	}
	return fflush(f) == 0 ? 0 : cc_fail_errno(err, "writing '%s'", path);
}

static int take(const char *pem, gnutls_certificate_credentials_t *ret, struct cc_error *err)
{
	gnutls_datum_t d = { .data = (unsigned char *)pem, .size = (unsigned)strlen(pem) };

	gnutls_certificate_allocate_credentials(ret);
	if (gnutls_certificate_set_x509_key_mem(*ret, &d, &d, GNUTLS_X509_FMT_PEM) < 0)
		return cc_fail(err, INVALID, "a key pair cannot be read");
	return 0;
}

int swarm_keys_load(const char *path, size_t first, struct swarm *s, struct cc_error *err)
{
	cc_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	cc_auto_buf struct cc_buf all = { 0 };
	size_t number = 0;

	if (fd < 0 || cc_read_all(fd, FILE_MAX, &all) < 0)
		return cc_fail_errno(err, "reading '%s'", path);
	for (const char *pem = all.data; pem < all.data + all.len; pem += strlen(pem) + 1, number++)
		if (number >= first && number - first < s->n_agents && take(pem, &s->agents[number - first].identity, err) < 0)
			return -1;
	return number >= first + s->n_agents ? 0 : cc_fail(err, INVALID, "'%s' has only %zu keys", path, number);
}
