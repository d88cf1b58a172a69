/* URLs in the two parts that are signed. */
#include "sign.h"

#include <errno.h>

#include "base/str.h"

#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]"

/* Path and query as they may stand in a request line: the fragment is dropped, a bare '?' at the end as
 * well, for not every client sends it. */
static char *make_target(const char *s) {
        static const char hex[] = "0123456789ABCDEF";
        size_t n = strcspn(s, "#");
        Str b = {};

        if (n > 0 && s[n - 1] == '?' && strcspn(s, "?") == n - 1)
                n--;
        if (n == 0 || *s == '?')
                str_addc(&b, '/');
        for (size_t i = 0; i < n; i++) {
                unsigned char c = (unsigned char) s[i];

                if (c > 0x20 && c < 0x7f)
                        str_addc(&b, (char) c);
                else
                        str_add_n(&b, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
        }
        return str_take(&b);
}

int oci_url_parse(const char *url, OciUrl *ret) {
        _cleanup_free_ char *host = NULL;
        const char *rest = startswith(url, "https://");
        bool plain = false;
        size_t n;

        if (!rest) {
                rest = startswith(url, "http://");
                plain = true;
        }
        if (!rest)
                return -EINVAL;
        n = strcspn(rest, "/?#");
        host = str_lower(xstrndup(rest, n));
        if (n == 0 || n > 255 || strspn(host, HOST_CHARACTERS) != n)
                return -EINVAL;
        if (endswith(host, plain ? ":80" : ":443"))
                host[n - (plain ? 3 : 4)] = '\0';
        *ret = (OciUrl){ .plain = plain, .host = TAKE_PTR(host), .target = make_target(rest + n) };
        return 0;
}

void oci_url_done(OciUrl *u) {
        free(u->host);
        free(u->target);
        *u = (OciUrl){};
}

char *oci_url_text(const OciUrl *u) {
        return xasprintf("%s://%s%s", u->plain ? "http" : "https", u->host, u->target);
}
