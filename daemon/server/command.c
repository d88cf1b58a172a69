/* An action's call as a command of OCI's own CLI. Creates, updates and deletes have commands of their own, built by the kind's
 * words; every other call is given raw, which is exact and needs no table. */
#include "oci/region.h"
#include "render.h"

void str_add_shell_word(Str *b, const char *word) {
        static const char plain[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";

        if (*word && strspn(word, plain) == strlen(word)) {
                str_add(b, word);
                return;
        }
        str_addc(b, '\'');
        for (; *word; word++) {
                if (*word == '\'')
                        str_add(b, "'\\''");
                else
                        str_addc(b, *word);
        }
        str_addc(b, '\'');
}

static void add_option(Str *b, const char *option, const char *value) {
        str_addf(b, " %s ", option);
        str_add_shell_word(b, value);
}

/* "<primary/Drg/multicluster-drg>", "<Service/all>". */
static char *symbol_placeholder(const cJSON *symbol) {
        const char *address = symbol_ref(symbol), *kind = json_string(symbol, "$lookup"),
                   *key = json_string(symbol, "key");

        if (address)
                return xasprintf("<%s>", address);
        return xasprintf("<%s/%s>", kind ? kind : "?", key ? key : "?");
}

/* Puts placeholders where only symbols are known, and takes out our own notes. Returns what takes v's place. */
static cJSON *without_symbols(const cJSON *v) {
        const cJSON *child;
        cJSON *copy;

        if (is_symbol(v)) {
                _cleanup_free_ char *text = symbol_placeholder(v);

                return json_new_string(text);
        }
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
                return json_copy(v);
        copy = cJSON_IsObject(v) ? json_new_object() : json_new_array();
        cJSON_ArrayForEach (child, v) {
                if (cJSON_IsArray(v))
                        json_append(copy, without_symbols(child));
                else if (child->string[0] != '$')
                        json_set(copy, child->string, without_symbols(child));
        }
        return copy;
}

/* Adds the members of 'want' that 'to' lacks, inside objects as well. */
static void add_missing(cJSON *to, const char *name, const cJSON *want) {
        cJSON *there = json_get(to, name);
        const cJSON *m;

        if (!there)
                json_set(to, name, without_symbols(want));
        else if (cJSON_IsObject(there) && cJSON_IsObject(want) && !is_symbol(want))
                cJSON_ArrayForEach (m, want)
                        add_missing(there, m->string, m);
}

/* A create's body lacks what waits for other resources; people are shown what will stand there. */
static void add_awaited(const Action *a, cJSON *body) {
        const Desired *d = a->resource->desired;
        const Kind *k = a->resource->kind;

        if (k->parent_field && !k->below && d->parent && !json_get(body, k->parent_field)) {
                _cleanup_free_ char *text = xasprintf("<%s>", d->parent->address);

                json_set_string(body, k->parent_field, text);
        }
        for (const Field *f = kind_field_first(k); f; f = kind_field_next(k, f)) {
                const cJSON *want = json_get(d->want, field_api(f));

                if (want && f->type != FIELD_ROLE && !streq(f->name, "displayName") &&
                    !(f->flags & (FIELD_NOT_IN_CREATE | FIELD_DEFAULT_ROLE)))
                        add_missing(body, field_api(f), want);
        }
}

static char *body_text(const Action *a) {
        _cleanup_json_ cJSON *body = a->call.body ? without_symbols(a->call.body) : json_new_object();

        if (a->call.creates && a->resource->desired && a->call.kind == a->resource->kind)
                add_awaited(a, body);
        return json_text(body);
}

/* True when the call's path is the kind's own, with the target's id and nothing more. */
static bool is_plain_path(const Call *call) {
        const char *rest = call->kind && call->kind->path ? startswith(call->path, call->kind->path) : NULL;

        if (!rest)
                return false;
        if (!call->target)
                return !*rest;
        return *rest == '/' && streq(rest + 1, call->target);
}

/* "create", "update" or "delete"; NULL when the CLI has no such command for this call. */
static const char *plain_command(const Call *call) {
        if (!is_plain_path(call) || !call->kind->cli)
                return NULL;
        if (streq(call->method, "POST") && !call->target)
                return call->kind->flags & KIND_CLI_NO_CREATE ? NULL : "create";
        if (streq(call->method, "PUT") && call->target)
                return "update";
        if (streq(call->method, "DELETE") && call->target)
                return "delete";
        return NULL;
}

static void add_plain(Str *b, const Action *a, const char *verb, const char *region) {
        const Call *call = &a->call;

        str_addf(b, "oci %s %s", call->kind->cli, verb);
        if (call->target)
                add_option(b, call->kind->cli_id, call->target);
        if (call->if_match)
                add_option(b, "--if-match", call->if_match);
        if (!streq(verb, "delete")) {
                _cleanup_free_ char *body = body_text(a);

                add_option(b, "--from-json", body);
        }
        if (!streq(verb, "create"))
                str_add(b, " --force");
        add_option(b, "--region", region);
}

static void add_raw(Str *b, const Action *a, const char *region) {
        const Call *call = &a->call;
        _cleanup_free_ char *endpoint = oci_endpoint(region, call->kind ? kind_oci_service(call->kind)
                                                                        : OCI_SERVICE_CORE);
        _cleanup_free_ char *uri = xasprintf("%s%s", endpoint ? endpoint : "", call->path);

        str_add(b, "oci raw-request");
        add_option(b, "--http-method", call->method);
        add_option(b, "--target-uri", uri);
        if (call->body) {
                _cleanup_free_ char *body = body_text(a);

                add_option(b, "--request-body", body);
        }
        if (call->if_match) {
                _cleanup_json_ cJSON *headers = json_new_object();
                _cleanup_free_ char *text = NULL;

                json_set_string(headers, "if-match", call->if_match);
                text = json_text(headers);
                add_option(b, "--request-headers", text);
        }
}

char *render_command(const Context *c, const Action *a) {
        const Estate *e = c->estate;
        const char *region = a->call.region < e->n_regions ? e->regions[a->call.region].region : "";
        const char *verb = plain_command(&a->call);
        Str b = {};

        if (verb)
                add_plain(&b, a, verb, region);
        else
                add_raw(&b, a, region);
        return str_take(&b);
}
