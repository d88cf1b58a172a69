/* Faults on command: which call a rule hits, and what then happens before or after its effect. */
#include "faults.h"

#include <errno.h>
#include <regex.h>

#include "base/json.h"

#define N_RULES_MAX 1000

typedef struct Rule {
        cJSON *source; /* as given; the strings below are its own */
        const char *region, *method;
        regex_t path;
        uint64_t from, to, n_seen;
        Fault fault;
} Rule;

struct Faults {
        Rule *rules;
        size_t n;
};

static const char *const fault_action_table[_FAULT_MAX] = {
        [FAULT_NONE] = "none",
        [FAULT_STATUS] = "status",
        [FAULT_DELAY] = "delay",
        [FAULT_RESET] = "reset",
        [FAULT_TRUNCATE] = "truncate",
        [FAULT_STALE] = "stale",
        [FAULT_SILENT] = "silent",
        [FAULT_REFUSE] = "refuse",
        [FAULT_LOST_REPLY] = "lost-reply",
        [FAULT_SKEW] = "skew",
        [FAULT_DRIP] = "drip",
        [FAULT_OVERSIZE] = "oversize",
        [FAULT_GARBAGE] = "garbage",
        [FAULT_MISTYPE] = "mistype",
        [FAULT_RESHAPE] = "reshape",
        [FAULT_CHARSET] = "charset",
        [FAULT_UNKNOWN_WORD] = "unknown-word",
        [FAULT_NO_ETAG] = "no-etag",
        [FAULT_CUT_LIST] = "cut-list",
        [FAULT_REPEAT_PAGE] = "repeat-page",
};

static FaultAction fault_action_from_string(const char *s) {
        for (int i = 0; s && i < _FAULT_MAX; i++)
                if (streq(fault_action_table[i], s))
                        return (FaultAction) i;
        return _FAULT_MAX;
}

Faults *faults_new(void) {
        return xnew(Faults, 1);
}

static void rules_free(Rule *rules, size_t n) {
        for (size_t i = 0; i < n; i++) {
                regfree(&rules[i].path);
                cJSON_Delete(rules[i].source);
        }
        free(rules);
}

Faults *faults_free(Faults *f) {
        if (!f)
                return NULL;
        rules_free(f->rules, f->n);
        free(f);
        return NULL;
}

/* On success the rule holds a compiled expression and a copy of 'source'. */
static int rule_parse(const cJSON *source, Rule *ret, char **reterr) {
        const char *path = json_string(source, "path"), *action = json_string(source, "action");
        Rule rule = {};

        if (!cJSON_IsObject(source)) {
                *reterr = xstrdup("a rule is an object");
                return -EINVAL;
        }
        rule.fault.action = fault_action_from_string(action);
        if (rule.fault.action == _FAULT_MAX) {
                *reterr = xasprintf("unknown action '%s'", action ? action : "");
                return -EINVAL;
        }
        if (regcomp(&rule.path, path ? path : "", REG_EXTENDED | REG_NOSUB) != 0) {
                *reterr = xasprintf("'%s' is no regular expression", path);
                return -EINVAL;
        }
        rule.source = json_copy(source);
        rule.region = json_string(rule.source, "region");
        rule.method = json_string(rule.source, "method");
        rule.from = (uint64_t) json_number(rule.source, "from", 1);
        rule.to = (uint64_t) json_number(rule.source, "to", 1e15);
        rule.fault.status = (unsigned) json_number(rule.source, "status", 500);
        rule.fault.code = json_string(rule.source, "code");
        rule.fault.field = json_string(rule.source, "field");
        rule.fault.body = json_get(rule.source, "body");
        rule.fault.headers = json_get(rule.source, "headers");
        rule.fault.delay_usec = (usec_t) (json_number(rule.source, "delayMs", 0) * 1000);
        *ret = rule;
        return 0;
}

int faults_set(Faults *f, const cJSON *sources, char **reterr) {
        Rule *rules = NULL;
        const cJSON *source;
        size_t n = 0;

        if (!cJSON_IsArray(sources) || cJSON_GetArraySize(sources) > N_RULES_MAX) {
                *reterr = xasprintf("faults are an array of at most %d rules", N_RULES_MAX);
                return -EINVAL;
        }
        cJSON_ArrayForEach (source, sources) {
                Rule rule;
                int r;

                r = rule_parse(source, &rule, reterr);
                if (r < 0) {
                        rules_free(rules, n);
                        return r;
                }
                array_push(rules, n, rule);
        }
        rules_free(f->rules, f->n);
        *f = (Faults){ .rules = rules, .n = n };
        return 0;
}

Fault faults_match(Faults *f, const char *region, const char *method, const char *target) {
        Fault fault = {};

        for (size_t i = 0; i < f->n; i++) {
                Rule *rule = &f->rules[i];

                if ((rule->region && !streq_ptr(rule->region, region)) ||
                    (rule->method && !streq(rule->method, method)) ||
                    regexec(&rule->path, target, 0, NULL, 0) != 0)
                        continue;
                rule->n_seen++;
                if (fault.action == FAULT_NONE && rule->n_seen >= rule->from && rule->n_seen <= rule->to)
                        fault = rule->fault;
        }
        return fault;
}

cJSON *faults_json(const Faults *f) {
        cJSON *a = json_new_array();

        for (size_t i = 0; i < f->n; i++) {
                cJSON *o = json_copy(f->rules[i].source);

                json_set_number(o, "matched", (double) f->rules[i].n_seen);
                json_append(a, o);
        }
        return a;
}
