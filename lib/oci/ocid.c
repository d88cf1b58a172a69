/* OCIDs, taken apart and shortened. */
#include "ocid.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "region.h"

static int fail(const char **reterr, const char *why) {
        if (reterr)
                *reterr = why;
        return -EINVAL;
}

/* Copies the segment of n bytes; false when it does not fit or has a byte that no segment has. */
static bool take_segment(char *to, size_t size, const char *from, size_t n) {
        if (n >= size)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!isalnum((unsigned char) from[i]) && from[i] != '-' && from[i] != '_')
                        return false;
        memcpy(to, from, n);
        to[n] = '\0';
        return true;
}

/* Cuts at the dots; the unique part is the last segment. Returns their number, 0 when there are more than
 * fit. */
static size_t cut(const char *s, const char *starts[static 6], size_t lengths[static 6]) {
        size_t n = 0;

        for (;;) {
                size_t length = strcspn(s, ".");

                if (n == 6)
                        return 0;
                starts[n] = s;
                lengths[n++] = length;
                if (!s[length])
                        return n;
                s += length + 1;
        }
}

int ocid_parse(const char *s, Ocid *ret, const char **reterr) {
        const char *start[6], *identifier;
        size_t length[6], n;
        Ocid o = {};

        if (strnlen(s, OCID_SIZE_MAX + 1) > OCID_SIZE_MAX) {
                (void) fail(reterr, "longer than 255 characters");
                return -E2BIG;
        }
        n = cut(s, start, length);
        if (n == 0)
                return fail(reterr, "has too many parts");
        if (length[0] != 5 || strncmp(start[0], "ocid1", 5) != 0)
                return fail(reterr, "does not begin with 'ocid1.'");
        if (n < 5)
                return fail(reterr, "has fewer than five parts (ocid1.TYPE.REALM.REGION.UNIQUE)");
        if (n == 6 && length[4] != 0)
                return fail(reterr, "has a part too many before its unique part");
        if (length[1] == 0 || !take_segment(o.type, sizeof o.type, start[1], length[1]))
                return fail(reterr, "has no valid type");
        if (length[2] == 0 || !take_segment(o.realm, sizeof o.realm, start[2], length[2]))
                return fail(reterr, "has no valid realm");
        if (!take_segment(o.region, sizeof o.region, start[3], length[3]))
                return fail(reterr, "has no valid region");
        if (length[n - 1] == 0 || !take_segment(o.unique, sizeof o.unique, start[n - 1], length[n - 1]))
                return fail(reterr, "has no valid unique part");

        identifier = oci_region_identifier(o.region);
        if (identifier)
                (void) snprintf(o.region, sizeof o.region, "%s", identifier);
        *ret = o;
        return 0;
}

bool ocid_is_type(const char *s, const char *type) {
        Ocid o;

        return ocid_parse(s, &o, NULL) == 0 && streq(o.type, type);
}

char *ocid_shorten(const char *s) {
        size_t n = strlen(s);
        Ocid o;

        if (ocid_parse(s, &o, NULL) < 0)
                return n <= 32 ? xstrdup(s) : xasprintf("%.20s…%s", s, s + n - 8);
        n = strlen(o.unique);
        return xasprintf("ocid1.%s…%s", o.type, o.unique + (n > 4 ? n - 4 : 0));
}
