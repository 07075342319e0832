/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file of common/ that includes gnutls. */
#include "common/keys_cert.h"

#include "common/hash.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <sodium.h>

#define NOT_BEFORE 946684800 /* 2000-01-01: a clock that was never set must not put it into the future */
/* 9999-12-31T23:59:59Z, which RFC 5280 reserves for "no end". GNUTLS_X509_NO_WELL_DEFINED_EXPIRATION writes the year 2106 instead. */
#define NOT_AFTER (sizeof(time_t) > 4 ? (time_t)253402300799LL : (time_t)INT32_MAX)
#define MAX_NAME  64 /* X.520 ub-common-name */

CC_DEFINE_CLEANUP(gnutls_x509_privkey_t, gnutls_x509_privkey_deinit)
CC_DEFINE_CLEANUP(gnutls_x509_crt_t, gnutls_x509_crt_deinit)
CC_DEFINE_CLEANUP(gnutls_pubkey_t, gnutls_pubkey_deinit)

static void datum_free(gnutls_datum_t *d)
{
	if (d->data != NULL)
		sodium_memzero(d->data, d->size);
	gnutls_free(d->data);
}

#define cc_auto_datum __attribute__((cleanup(datum_free)))

#define fail_tls(err, code, what, rc) cc_fail((err), code, "%s: %s", (what), gnutls_strerror(rc))

static int make_key(gnutls_x509_privkey_t *ret, struct cc_error *err)
{
	int rc = gnutls_x509_privkey_init(ret);

	if (rc >= 0)
		rc = gnutls_x509_privkey_generate(*ret, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	return rc < 0 ? fail_tls(err, INTERNAL, "making a key", rc) : 0;
}

static int fill_cert(gnutls_x509_crt_t cert, gnutls_x509_privkey_t key, const char *common_name)
{
	unsigned char serial[16], key_id[20];
	size_t key_id_len = sizeof(key_id);
	int rc;

	gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40); /* positive and never empty */
	if ((rc = gnutls_x509_crt_set_version(cert, 3)) < 0 || (rc = gnutls_x509_crt_set_serial(cert, serial, sizeof(serial))) < 0 ||
	        (rc = gnutls_x509_crt_set_activation_time(cert, NOT_BEFORE)) < 0 || (rc = gnutls_x509_crt_set_expiration_time(cert, NOT_AFTER)) < 0 ||
	        (rc = gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, common_name, (unsigned)strlen(common_name))) < 0 ||
	        (rc = gnutls_x509_crt_set_key(cert, key)) < 0 || (rc = gnutls_x509_crt_get_key_id(cert, 0, key_id, &key_id_len)) < 0 ||
	        (rc = gnutls_x509_crt_set_subject_key_id(cert, key_id, key_id_len)) < 0 ||
	        (rc = gnutls_x509_crt_set_key_usage(cert, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0 ||
	        (rc = gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_SERVER, 0)) < 0 ||
	        (rc = gnutls_x509_crt_set_key_purpose_oid(cert, GNUTLS_KP_TLS_WWW_CLIENT, 0)) < 0)
		return rc;
	return gnutls_x509_crt_sign2(cert, cert, key, GNUTLS_DIG_SHA256, 0);
}

static int add_key_pem(gnutls_x509_privkey_t key, struct cc_buf *pem, struct cc_error *err)
{
	cc_auto_datum gnutls_datum_t text = { 0 };
	int rc = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &text);

	if (rc < 0)
		return fail_tls(err, INTERNAL, "writing the key", rc);
	cc_buf_add(pem, text.data, text.size);
	return 0;
}

static int add_cert_pem(gnutls_x509_crt_t cert, struct cc_buf *pem, struct cc_error *err)
{
	cc_auto_datum gnutls_datum_t text = { 0 };
	int rc = gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &text);

	if (rc < 0)
		return fail_tls(err, INTERNAL, "writing the certificate", rc);
	cc_buf_add(pem, text.data, text.size);
	return 0;
}

int cc_cert_make(const char *common_name, struct cc_buf *pem, struct cc_error *err)
{
	cc_auto(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
	cc_auto(gnutls_x509_crt_deinit) gnutls_x509_crt_t cert = NULL;
	int rc;

	if (common_name[0] == '\0' || strlen(common_name) > MAX_NAME)
		return cc_fail(err, INVALID, "the name in a certificate has 1 to %d bytes", MAX_NAME);
	if (make_key(&key, err) < 0)
		return -1;
	rc = gnutls_x509_crt_init(&cert);
	if (rc >= 0)
		rc = fill_cert(cert, key, common_name);
	if (rc < 0)
		return fail_tls(err, INTERNAL, "making a certificate", rc);
	return add_key_pem(key, pem, err) < 0 || add_cert_pem(cert, pem, err) < 0 ? -1 : 0;
}

static int pin_of_key(gnutls_pubkey_t key, struct cc_pin *ret, struct cc_error *err)
{
	cc_auto_datum gnutls_datum_t spki = { 0 };
	int rc = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki);
	struct cc_sha256 h;

	if (rc < 0)
		return fail_tls(err, INVALID, "reading the public key", rc);
	h = cc_sha256(spki.data, spki.size);
	memcpy(ret->b, h.b, sizeof(ret->b));
	return 0;
}

static int pin_of_cert(gnutls_x509_crt_t cert, struct cc_pin *ret, struct cc_error *err)
{
	cc_auto(gnutls_pubkey_deinit) gnutls_pubkey_t key = NULL;
	int rc = gnutls_pubkey_init(&key);

	if (rc >= 0)
		rc = gnutls_pubkey_import_x509(key, cert, 0);
	return rc < 0 ? fail_tls(err, INVALID, "reading the certificate's key", rc) : pin_of_key(key, ret, err);
}

static int import_cert(const void *p, size_t len, gnutls_x509_crt_fmt_t format, gnutls_x509_crt_t *ret, struct cc_error *err)
{
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)p, (unsigned)len };
	int rc = gnutls_x509_crt_init(ret);

	if (rc >= 0)
		rc = len > UINT32_MAX / 2 ? GNUTLS_E_INVALID_REQUEST : gnutls_x509_crt_import(*ret, &text, format);
	return rc < 0 ? fail_tls(err, INVALID, "reading a certificate", rc) : 0;
}

int cc_pin_from_der(const void *der, size_t len, struct cc_pin *ret, struct cc_error *err)
{
	cc_auto(gnutls_x509_crt_deinit) gnutls_x509_crt_t cert = NULL;

	return import_cert(der, len, GNUTLS_X509_FMT_DER, &cert, err) < 0 ? -1 : pin_of_cert(cert, ret, err);
}

static int import_key(const char *pem, size_t len, gnutls_x509_privkey_t *ret, struct cc_error *err)
{
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)pem, (unsigned)len };
	int rc = gnutls_x509_privkey_init(ret);

	if (rc >= 0)
		rc = gnutls_x509_privkey_import2(*ret, &text, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN);
	return rc < 0 ? fail_tls(err, INVALID, "reading the private key", rc) : 0;
}

static int pin_of_private(gnutls_x509_privkey_t key, struct cc_pin *ret, struct cc_error *err)
{
	cc_auto(gnutls_pubkey_deinit) gnutls_pubkey_t public = NULL;
	gnutls_privkey_t private = NULL;
	int rc = gnutls_privkey_init(&private);

	if (rc >= 0)
		rc = gnutls_privkey_import_x509(private, key, 0);
	if (rc >= 0)
		rc = gnutls_pubkey_init(&public);
	if (rc >= 0)
		rc = gnutls_pubkey_import_privkey(public, private, 0, 0);
	gnutls_privkey_deinit(private);
	return rc < 0 ? fail_tls(err, INVALID, "reading the private key", rc) : pin_of_key(public, ret, err);
}

int cc_cert_read(const char *pem, size_t len, struct cc_cert *ret, struct cc_error *err)
{
	cc_auto(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
	cc_auto(gnutls_x509_crt_deinit) gnutls_x509_crt_t cert = NULL;
	struct cc_pin of_cert, of_key;

	if (import_key(pem, len, &key, err) < 0 || import_cert(pem, len, GNUTLS_X509_FMT_PEM, &cert, err) < 0)
		return -1;
	if (pin_of_cert(cert, &of_cert, err) < 0 || pin_of_private(key, &of_key, err) < 0)
		return -1;
	if (!cc_pin_equal(of_cert, of_key))
		return cc_fail(err, INVALID, "key and certificate do not belong together");
	if (add_key_pem(key, &ret->key_pem, err) < 0 || add_cert_pem(cert, &ret->cert_pem, err) < 0)
		return -1;
	ret->pin = of_cert;
	return 0;
}
