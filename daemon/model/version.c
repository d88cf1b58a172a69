/* Versions of Kubernetes, compared number by number: v1.9 is older than v1.10. */
#include "version.h"

#include <errno.h>

#include "base/str.h"

int kube_version_parse(const char *s, KubeVersion *ret) {
        _cleanup_(strv_freep) char **part = str_split(*s == 'v' ? s + 1 : s, '.');
        int64_t n[3];

        if (strv_length(part) != ARRAY_SIZE(n))
                return -EINVAL;
        for (size_t i = 0; i < ARRAY_SIZE(n); i++)
                if (parse_i64(part[i], 0, 9999, &n[i]) < 0)
                        return -EINVAL;
        *ret = (KubeVersion){ (unsigned) n[0], (unsigned) n[1], (unsigned) n[2] };
        return 0;
}

static int compare_numbers(unsigned a, unsigned b) {
        return a < b ? -1 : a > b;
}

int kube_version_compare(const KubeVersion *a, const KubeVersion *b) {
        int d = compare_numbers(a->major, b->major);

        if (d == 0)
                d = compare_numbers(a->minor, b->minor);
        return d ? d : compare_numbers(a->patch, b->patch);
}
