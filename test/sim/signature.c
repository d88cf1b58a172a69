/* Verifies a request's signature with code of its own: nothing here is shared with the client that it
 * judges. */
#include "signature.h"

#include <errno.h>
#include <openssl/evp.h>
#include <strings.h>

#include "base/encode.h"
#include "base/str.h"
#include "call.h"

#define SKEW_MAX (5 * USEC_PER_MINUTE)

void signature_done(Signature *s) {
        free(s->key_id);
        free(s->algorithm);
        free(s->headers);
        free(s->signature);
        free(s->version);
        *s = (Signature){};
}

static char **signature_member(Signature *s, const char *name, size_t n) {
        const struct {
                const char *name;
                char **value;
        } members[] = {
                { "keyId", &s->key_id },        { "algorithm", &s->algorithm }, { "headers", &s->headers },
                { "signature", &s->signature }, { "version", &s->version },
        };

        for (size_t i = 0; i < ARRAY_SIZE(members); i++)
                if (strlen(members[i].name) == n && strncmp(members[i].name, name, n) == 0)
                        return members[i].value;
        return NULL;
}

int signature_parse(const char *authorization, Signature *ret) {
        _cleanup_(signature_done) Signature s = {};
        const char *p = startswith(authorization, "Signature ");

        if (!p)
                return -EINVAL;
        for (;;) {
                const char *value, *end;
                char **member;
                size_t n;

                p += strspn(p, " ");
                n = strcspn(p, "=");
                if (p[n] != '=' || p[n + 1] != '"')
                        return -EINVAL;
                value = p + n + 2;
                end = strchr(value, '"');
                member = signature_member(&s, p, n);
                if (!end || !member || *member)
                        return -EINVAL;
                *member = xstrndup(value, (size_t) (end - value));
                p = end + 1 + strspn(end + 1, " ");
                if (!*p)
                        break;
                if (*p++ != ',')
                        return -EINVAL;
        }
        if (!s.key_id || !s.algorithm || !s.headers || !s.signature)
                return -EINVAL;
        str_lower(s.headers);
        *ret = s;
        s = (Signature){};
        return 0;
}

static int refuse(Call *c, const char *why) {
        return call_fail(
                c, 401, "NotAuthenticated",
                "The required information to complete authentication was not provided or was incorrect: %s.",
                why);
}

/* GET, HEAD and DELETE sign three headers, the others six. Object Storage's uploads are the exception,
 * and not simulated. */
static int check_required(Call *c, char *const *names) {
        static const char *const body_headers[] = { "content-length", "content-type", "x-content-sha256" };
        bool has_body = streq(c->method, "POST") || streq(c->method, "PUT") || streq(c->method, "PATCH");

        if (!strv_contains(names, "date") && !strv_contains(names, "x-date"))
                return refuse(c, "date is not signed");
        if (!strv_contains(names, "(request-target)") || !strv_contains(names, "host"))
                return refuse(c, "(request-target) or host is not signed");
        for (size_t i = 0; has_body && i < ARRAY_SIZE(body_headers); i++)
                if (!strv_contains(names, body_headers[i]))
                        return refuse(c, "a header of the body is not signed");
        return 0;
}

static int check_date(Call *c, char *const *names) {
        const char *text = call_header(c, strv_contains(names, "x-date") ? "x-date" : "date");
        usec_t then, now = call_wall_clock(c);

        if (!text || parse_http_date(text, &then) < 0)
                return refuse(c, "the date is missing or malformed");
        if ((then > now ? then - now : now - then) > SKEW_MAX)
                return refuse(c, "the date is more than 5 minutes off");
        return 0;
}

static int check_body(Call *c, char *const *names) {
        unsigned char digest[SHA256_SIZE];
        _cleanup_free_ char *want = NULL;
        const char *have = call_header(c, "x-content-sha256");

        if (!strv_contains(names, "x-content-sha256"))
                return 0;
        sha256(c->body ? c->body : "", c->body_size, digest);
        want = base64_encode(digest, sizeof digest);
        return streq_ptr(have, want) ? 0 : refuse(c, "x-content-sha256 is not that of the body");
}

static int signing_string(Call *c, char *const *names, Str *ret) {
        for (size_t i = 0; names[i]; i++) {
                _cleanup_free_ char *method = NULL;
                const char *value;

                if (i > 0)
                        str_addc(ret, '\n');
                if (streq(names[i], "(request-target)")) {
                        method = str_lower(xstrdup(c->method));
                        str_addf(ret, "(request-target): %s %s", method, c->target);
                        continue;
                }
                value = call_header(c, names[i]);
                if (!value)
                        return refuse(c, "a signed header is missing, or there twice");
                str_addf(ret, "%s: %s", names[i], value);
        }
        return 0;
}

static bool rsa_verifies(EVP_PKEY *key, const Str *text, const char *signature) {
        _cleanup_free_ unsigned char *raw = NULL;
        EVP_MD_CTX *ctx;
        size_t size;
        bool good;

        if (base64_decode(signature, &raw, &size) < 0)
                return false;
        ctx = EVP_MD_CTX_new();
        good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
               EVP_DigestVerify(ctx, raw, size, (const unsigned char *) str_get(text), text->size) == 1;
        EVP_MD_CTX_free(ctx);
        return good;
}

const char *signature_verify(Call *c) {
        _cleanup_(signature_done) Signature s = {};
        _cleanup_(strv_freep) char **names = NULL;
        _cleanup_free_ char *key_id = xasprintf("%s/%s/%s", c->sim->tenancy, c->sim->user,
                                                c->sim->key_fingerprint);
        const char *authorization = call_header(c, "authorization");
        _cleanup_str_ Str text = {};

        if (!authorization || signature_parse(authorization, &s) < 0 ||
            strcasecmp(s.algorithm, "rsa-sha256") != 0 || (s.version && !streq(s.version, "1"))) {
                refuse(c, "no usable Authorization header");
                return NULL;
        }
        if (!streq(s.key_id, key_id)) {
                refuse(c, "unknown keyId");
                return NULL;
        }
        names = str_split(s.headers, ' ');
        if (check_required(c, names) < 0 || check_date(c, names) < 0 || check_body(c, names) < 0 ||
            signing_string(c, names, &text) < 0)
                return NULL;
        if (!rsa_verifies(c->sim->key, &text, s.signature)) {
                refuse(c, "the signature does not verify");
                return NULL;
        }
        return "tandem";
}
