/* What the lints of OKE's kinds have in common: how a finding is told, and whether what is named lies in the right VCN. */
#include "oke.h"

_printf_(4, 0) static void report_at(const Finding *l, const char *path, bool error, const char *format,
                                     va_list ap) {
        _cleanup_free_ char *message = xvasprintf(format, ap);

        l->report(l->userdata, l->desired, path ? kind_field_path(l->desired->kind, path) : NULL, error,
                  message);
}

void finding_error(const Finding *l, const char *path, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        report_at(l, path, true, format, ap);
        va_end(ap);
}

void finding_warning(const Finding *l, const char *path, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        report_at(l, path, false, format, ap);
        va_end(ap);
}

const Desired *finding_target(const Finding *l, const cJSON *reference) {
        return symbol_ref(reference) ? estate_find(l->estate, symbol_ref(reference)) : NULL;
}

void finding_check_vcn(const Finding *l, const char *path, const cJSON *vcn, const cJSON *refs) {
        const Desired *home = finding_target(l, vcn), *target;
        const cJSON *one;

        if (cJSON_IsArray(refs)) {
                cJSON_ArrayForEach (one, refs)
                        finding_check_vcn(l, path, vcn, one);
                return;
        }
        target = finding_target(l, refs);
        if (home && target && target->parent && target->parent != home)
                finding_error(l, path, "%s lies in %s, and the cluster in %s", target->address,
                              target->parent->address, home->address);
}
