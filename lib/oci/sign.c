/* The signing string, the Authorization header and the headers around it. */
#include "sign.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "base/encode.h"
#include "base/str.h"
#include "credential.h"

#define ORDER_MAX 8

/* The values that are signed, computed once for the string and the headers. */
typedef struct Values {
        char date[TIME_TEXT_SIZE];
        char length[24];
        char *body_hash;
        const char *content_type;
        const char *order[ORDER_MAX];
        size_t n_order;
} Values;

static void values_done(Values *v) {
        free(v->body_hash);
}

static bool has_body(const char *method) {
        return streq(method, "POST") || streq(method, "PUT") || streq(method, "PATCH");
}

static void set_order(Values *v, const OciCredential *c, const OciSignInput *in) {
        static const char *const general[] = { "date", "(request-target)", "host" };
        static const char *const body[] = { "content-length", "content-type", "x-content-sha256" };

        for (size_t i = 0; in->order && in->order[i] && v->n_order < ORDER_MAX; i++)
                v->order[v->n_order++] = in->order[i];
        if (in->order)
                return;
        for (size_t i = 0; i < ARRAY_SIZE(general); i++)
                v->order[v->n_order++] = general[i];
        if (c->delegation_token)
                v->order[v->n_order++] = "opc-obo-token";
        for (size_t i = 0; has_body(in->method) && !in->exclude_body && i < ARRAY_SIZE(body); i++)
                v->order[v->n_order++] = body[i];
}

static bool order_has(const Values *v, const char *name) {
        for (size_t i = 0; i < v->n_order; i++)
                if (strcasecmp(v->order[i], name) == 0)
                        return true;
        return false;
}

static void values_init(Values *v, const OciCredential *c, const OciSignInput *in) {
        unsigned char digest[SHA256_SIZE];

        *v = (Values){};
        set_order(v, c, in);
        (void) format_http_date(in->date_usec, v->date);
        if (has_body(in->method))
                v->content_type = in->content_type ?: in->exclude_body ? NULL : "application/json";
        if (order_has(v, "x-content-sha256")) {
                sha256(in->body ?: "", in->body_size, digest);
                v->body_hash = base64_encode(digest, sizeof digest);
        }
        (void) snprintf(v->length, sizeof v->length, "%zu", in->body_size);
}

/* NULL for a header that has no value here. */
static const char *value_of(const Values *v, const OciCredential *c, const OciSignInput *in,
                            const char *name) {
        if (streq(name, "date") || streq(name, "x-date"))
                return v->date;
        if (streq(name, "host"))
                return in->host;
        if (streq(name, "content-length"))
                return v->length;
        if (streq(name, "content-type"))
                return v->content_type;
        if (streq(name, "x-content-sha256"))
                return v->body_hash;
        if (streq(name, "opc-obo-token"))
                return c->delegation_token;
        return NULL;
}

static int signing_string(const Values *v, const OciCredential *c, const OciSignInput *in, char **ret) {
        _cleanup_str_ Str b = {};

        for (size_t i = 0; i < v->n_order; i++) {
                _cleanup_free_ char *name = str_lower(xstrdup(v->order[i]));
                const char *value;

                if (i > 0)
                        str_addc(&b, '\n');
                if (streq(name, "(request-target)")) {
                        _cleanup_free_ char *method = str_lower(xstrdup(in->method));

                        str_addf(&b, "%s: %s %s", name, method, in->target);
                        continue;
                }
                value = value_of(v, c, in, name);
                if (!value)
                        return -EINVAL;
                str_addf(&b, "%s: %s", name, value);
        }
        *ret = str_take(&b);
        return 0;
}

int oci_signing_string(const OciCredential *c, const OciSignInput *in, char **ret) {
        _cleanup_(values_done) Values v = {};

        values_init(&v, c, in);
        return signing_string(&v, c, in, ret);
}

/* The parameters are in the order of the official CLI, so that presigned URLs equal those it makes. */
static int authorization(const Values *v, const OciCredential *c, const OciSignInput *in, char **ret) {
        _cleanup_free_ unsigned char *signature = NULL;
        _cleanup_secret_ char *text = NULL;
        _cleanup_free_ char *base64 = NULL;
        _cleanup_str_ Str names = {};
        size_t size;
        int r;

        r = signing_string(v, c, in, &text);
        if (r < 0)
                return r;
        r = oci_key_sign(c->key, text, strlen(text), &signature, &size);
        if (r < 0)
                return r;
        base64 = base64_encode(signature, size);
        for (size_t i = 0; i < v->n_order; i++) {
                str_add(&names, i > 0 ? " " : "");
                str_add(&names, v->order[i]);
        }
        *ret = xasprintf(
                "Signature "
                "algorithm=\"rsa-sha256\",headers=\"%s\",keyId=\"%s\",signature=\"%s\",version=\"1\"",
                str_get(&names), c->key_id, base64);
        return 0;
}

static void push_header(char ***headers, size_t *n, const char *name, const char *value) {
        *headers = xrealloc(*headers, *n + 2, sizeof **headers);
        (*headers)[(*n)++] = xasprintf("%s: %s", name, value);
        (*headers)[*n] = NULL;
}

int oci_sign(const OciCredential *c, const OciSignInput *in, char ***ret) {
        _cleanup_(values_done) Values v = {};
        _cleanup_secret_ char *value = NULL;
        char **headers = NULL;
        size_t n = 0;
        int r;

        if (!c)
                return -ENOKEY;
        values_init(&v, c, in);
        r = authorization(&v, c, in, &value);
        if (r < 0)
                return r;
        push_header(&headers, &n, order_has(&v, "x-date") ? "x-date" : "date", v.date);
        if (v.content_type)
                push_header(&headers, &n, "content-type", v.content_type);
        if (v.body_hash)
                push_header(&headers, &n, "x-content-sha256", v.body_hash);
        if (c->delegation_token)
                push_header(&headers, &n, "opc-obo-token", c->delegation_token);
        push_header(&headers, &n, "authorization", value);
        *ret = headers;
        return 0;
}

char **oci_headers_free(char **headers) {
        for (char **h = headers; h && *h; h++)
                secret_free(*h);
        free(headers);
        return NULL;
}

/* application/x-www-form-urlencoded. */
static char *form_escape(const char *s) {
        _cleanup_secret_ char *escaped = url_escape(s);
        char *to = xmalloc(strlen(escaped) * 3 + 1), *result = to;

        for (const char *from = escaped; *from;) {
                if (startswith(from, "%20")) {
                        *to++ = '+';
                        from += 3;
                } else if (*from == '~') {
                        memcpy(to, "%7E", 3);
                        to += 3;
                        from++;
                } else
                        *to++ = *from++;
        }
        *to = '\0';
        return result;
}

int oci_presign_url(const OciCredential *c, const char *url, usec_t date_usec, char **ret) {
        _cleanup_secret_ char *value = NULL, *escaped = NULL, *token = NULL;
        _cleanup_free_ char *text = NULL, *date = NULL;
        _cleanup_(values_done) Values v = {};
        _cleanup_(oci_url_done) OciUrl u = {};
        OciSignInput in;
        int r;

        if (!c)
                return -ENOKEY;
        r = oci_url_parse(url, &u);
        if (r < 0)
                return r;
        in = (OciSignInput){ .method = "GET", .host = u.host, .target = u.target, .date_usec = date_usec };
        values_init(&v, c, &in);
        r = authorization(&v, c, &in, &value);
        if (r < 0)
                return r;
        text = oci_url_text(&u);
        escaped = form_escape(value);
        date = form_escape(v.date);
        token = c->delegation_token ? form_escape(c->delegation_token) : NULL;
        *ret = xasprintf("%s%cauthorization=%s&date=%s%s%s", text, strchr(u.target, '?') ? '&' : '?',
                         escaped, date, token ? "&opc-obo-token=" : "", token ?: "");
        return 0;
}
