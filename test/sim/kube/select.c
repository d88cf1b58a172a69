/* Which objects a list or a watch is about. */
#include "select.h"

#include <errno.h>

#include "../call.h"
#include "base/json.h"
#include "resource.h"
#include "status.h"

void kube_selector_done(KubeSelector *s) {
        for (size_t i = 0; i < s->n_terms; i++) {
                free(s->terms[i].key);
                free(s->terms[i].value);
        }
        free(s->terms);
        *s = (KubeSelector){};
}

/* KEY=VALUE, KEY==VALUE, KEY!=VALUE, KEY, !KEY */
static KubeTerm term_parse(const char *text, bool is_field) {
        size_t n = strcspn(text, "=!");
        KubeTerm t = { .is_field = is_field };

        if (*text == '!') {
                t.negated = true;
                t.key = xstrdup(text + 1);
        } else if (!text[n])
                t.key = xstrdup(text);
        else {
                t.negated = text[n] == '!';
                t.key = xstrndup(text, n);
                text += n + 1;
                t.value = xstrdup(text + (*text == '='));
        }
        return t;
}

static bool is_field_known(const KubeResource *resource, const char *field) {
        if (streq(field, "metadata.name") || streq(field, "metadata.namespace"))
                return true;
        for (size_t i = 0; i < ARRAY_SIZE(resource->fields) && resource->fields[i]; i++)
                if (streq(resource->fields[i], field))
                        return true;
        return false;
}

static int add_terms(Call *c, const KubeResource *resource, const char *text, bool is_field,
                     KubeSelector *s) {
        _cleanup_(strv_freep) char **parts = NULL;

        if (isempty(text))
                return 0;
        if (strpbrk(text, "()<>"))
                return kube_fail(c, 400, "BadRequest", NULL,
                                 "unable to parse requirement: the simulator knows no sets in '%s'", text);
        parts = str_split(text, ',');
        for (char **p = parts; *p; p++) {
                KubeTerm t = term_parse(*p, is_field);

                array_push(s->terms, s->n_terms, t);
                if (!*t.key || (is_field && !t.value))
                        return kube_fail(c, 400, "BadRequest", NULL, "unable to parse requirement: '%s'",
                                         *p);
                if (is_field && !is_field_known(resource, t.key))
                        return kube_fail(c, 400, "BadRequest", NULL, "field label not supported: %s", t.key);
        }
        return 0;
}

int kube_selector_read(Call *c, const KubeResource *resource, KubeSelector *ret) {
        *ret = (KubeSelector){};
        if (add_terms(c, resource, call_query(c, "labelSelector"), false, ret) >= 0 &&
            add_terms(c, resource, call_query(c, "fieldSelector"), true, ret) >= 0)
                return 0;
        kube_selector_done(ret);
        return -EBADMSG;
}

static char *value_text(const cJSON *v) {
        if (cJSON_IsString(v))
                return xstrdup(v->valuestring);
        return xstrdup(cJSON_IsTrue(v) ? "true" : "false"); /* a bool that is absent is false */
}

static bool term_matches(const KubeTerm *t, const cJSON *o) {
        _cleanup_free_ char *text = NULL;
        const cJSON *v = t->is_field ? json_path(o, t->key)
                                     : json_get(json_path(o, "metadata.labels"), t->key);

        if (!t->value)
                return (v != NULL) != t->negated;
        if (!v && (!t->is_field || endswith(t->key, "namespace")))
                return t->negated;
        text = value_text(v);
        return streq(text, t->value) != t->negated;
}

bool kube_selector_matches(const KubeSelector *s, const cJSON *o) {
        for (size_t i = 0; i < s->n_terms; i++)
                if (!term_matches(&s->terms[i], o))
                        return false;
        return true;
}
