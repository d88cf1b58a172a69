/* Label and field selectors. */
#pragma once

#include "../forward.h"

typedef struct KubeTerm {
        char *key, *value; /* value NULL: it is about the key alone */
        bool negated, is_field;
} KubeTerm;

typedef struct KubeSelector {
        KubeTerm *terms;
        size_t n_terms;
} KubeSelector;

/* Reads labelSelector and fieldSelector of the call. Negative after a 400: =, ==, !=, KEY and !KEY are understood, and the
 * fields that the resource names. */
int kube_selector_read(Call *c, const KubeResource *resource, KubeSelector *ret);
void kube_selector_done(KubeSelector *s);
bool kube_selector_matches(const KubeSelector *s, const cJSON *o);
