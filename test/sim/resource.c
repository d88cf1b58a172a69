/* The generic create, get, update and delete of a kind: fields, references, etags, retry tokens, busy
 * parents. */
#include "resource.h"

#include <errno.h>

#include "base/json.h"
#include "call.h"
#include "kind.h"
#include "kinds/work-request.h"
#include "lifecycle.h"
#include "list.h"
#include "options.h"
#include "retry-token.h"
#include "store.h"

int resource_check_query(Call *c, const char *const *names, bool paged) {
        for (size_t i = 0; i < c->n_query; i++) {
                const char *name = c->query[i].name;
                bool known = paged && (streq(name, "limit") || streq(name, "page"));

                for (size_t k = 0; names && names[k]; k++)
                        known = known || streq(names[k], name);
                if (!known)
                        return call_fail(c, 400, "InvalidParameter", "Unknown query parameter '%s'.", name);
        }
        return 0;
}

int resource_check_compartment(Call *c, const char *id) {
        return sim_compartment(c->sim, id) ? 0 : call_not_found(c);
}

int resource_resolve(Call *c, KindId kind, const char *id, const char *option, Object **ret) {
        Object *o = store_get_kind(c->region, kind, id);

        if (!o || !object_is_live(o))
                return call_fail_option(c, option,
                                        "Authorization failed or requested resource not found: %s %s.",
                                        kind_get(kind)->name, id);
        *ret = o;
        return 0;
}

int resource_check_limit(Call *c, const char *limit, size_t have) {
        double max = json_number(option_value(c->sim, "limits"), limit, 1e9);

        if ((double) have <= max)
                return 0;
        return call_fail(c, 400, "LimitExceeded", "The limit of %.0f for %s is exceeded.", max, limit);
}

void resource_overlay(Object *o, const cJSON *in) {
        const cJSON *v;

        cJSON_ArrayForEach (v, in)
                json_set_copy(o->body, v->string, v);
}

/* Claims what is busy while a child of the kind changes. 'body' holds the parents' ids. */
static int claim_parents(Call *c, const Kind *kind, const cJSON *body) {
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(kind->parents) && kind->parents[i]; i++) {
                const char *id = json_path_string(body, kind->parents[i]);
                Object *parent = store_get_kind(c->region, kind->parent_kinds[i], id);

                if (!parent) /* an attachment that is not of type VCN, say */
                        continue;
                r = call_claim(c, parent);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_kind_limit(Call *c, const Kind *kind, const cJSON *in) {
        if (!kind->limit)
                return 0;
        return resource_check_limit(c, kind->limit,
                                    store_count(c->region, kind->id, kind->limit_scope,
                                                json_path_string(in, kind->limit_scope)) +
                                            1);
}

static int resolve_parents(Call *c, const Kind *kind, const cJSON *in) {
        Object *parent;
        int r;

        for (size_t i = 0; i < ARRAY_SIZE(kind->parents) && kind->parents[i]; i++) {
                const char *id = json_path_string(in, kind->parents[i]);

                if (!id)
                        continue;
                r = resource_resolve(c, kind->parent_kinds[i], id,
                                     kind->id == KIND_DRG_ATTACHMENT ? "attachmentVcnMissing"
                                                                     : "relatedMissing",
                                     &parent);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Given tags, beside those that the compartment's tag defaults put there. */
static void overlay_tags(Object *o, const cJSON *in) {
        const cJSON *ns;

        json_set_copy(o->body, "freeformTags", json_get(in, "freeformTags"));
        cJSON_ArrayForEach (ns, json_get(in, "definedTags"))
                json_set_copy(json_get(o->body, "definedTags"), ns->string, ns);
}

static int resource_create(Call *c, const Kind *kind) {
        _cleanup_json_ cJSON *in = NULL;
        const char *compartment;
        Object *o;
        int r;

        if (!kind->create)
                return call_fail(c, 405, "MethodNotAllowed", "%s cannot be created.", kind->name);
        r = resource_check_query(c, NULL, false);
        if (r < 0)
                return r;
        r = call_parse_body(c, false, &in);
        if (r < 0)
                return r;
        r = validate_object(c, in, kind->create);
        if (r < 0)
                return r;
        compartment = json_string(in, "compartmentId");
        if (compartment && resource_check_compartment(c, compartment) < 0)
                return -EBADMSG;
        r = retry_token_check(c);
        if (r != 0)
                return r;
        r = resolve_parents(c, kind, in);
        if (r < 0)
                return r;
        r = claim_parents(c, kind, in);
        if (r < 0)
                return r;
        r = check_kind_limit(c, kind, in);
        if (r < 0)
                return r;

        o = store_add(c->region, kind->id, compartment, json_string(in, kind_name_field(kind)),
                      c->principal);
        r = kind->on_create(c, o, in);
        if (r < 0) {
                store_remove(o);
                return r;
        }
        overlay_tags(o, in);
        if (!kind->self_paced)
                lifecycle_start(o, kind->create_seconds);
        retry_token_keep(c, o);
        if (kind->is_async)
                return call_reply(c, 202, NULL);
        return call_reply_object(c, 200, o, !kind->no_create_etag);
}

/* A thing that is gone stays readable for a while, but takes no more orders. */
static int check_alive(Call *c, const Object *o) {
        return object_is_live(o) ? 0 : call_not_found(c);
}

/* What TF saw on some kinds: a PUT with one of the two maps empties the other. */
static void clear_other_tag_map(Object *o, const cJSON *in) {
        bool freeform = json_get(in, "freeformTags"), defined = json_get(in, "definedTags");

        if (freeform && !defined)
                json_set(o->body, "definedTags", json_new_object());
        if (defined && !freeform)
                json_set(o->body, "freeformTags", json_new_object());
}

/* Takes out what will not be kept; returns what the reply shows all the same, or NULL. The caller deletes. */
static cJSON *drop_ignored_fields(const Call *c, const Kind *kind, cJSON *in) {
        const cJSON *rule;
        cJSON *echo = NULL;

        cJSON_ArrayForEach (rule, option_value(c->sim, "ignoreField")) {
                const char *field = json_string(rule, "field");

                if (!streq_ptr(json_string(rule, "kind"), kind->name) || !field || !json_get(in, field))
                        continue;
                if (json_bool(rule, "echo", false)) {
                        echo = echo ? echo : json_new_object();
                        json_set_copy(echo, field, json_get(in, field));
                }
                json_remove(in, field);
        }
        return echo;
}

/* The reply to a PUT: the object, with what is only pretended over it. */
static int reply_updated(Call *c, Object *o, const cJSON *echo) {
        cJSON *shown;
        const cJSON *v;

        if (!echo)
                return call_reply_object(c, 200, o, true);
        shown = json_copy(o->body);
        cJSON_ArrayForEach (v, echo)
                json_set_copy(shown, v->string, v);
        call_add_reply_header(c, "etag", o->etag);
        return call_reply(c, 200, shown);
}

static int resource_update(Call *c, Object *o) {
        const Kind *kind = o->kind;
        _cleanup_json_ cJSON *in = NULL, *echo = NULL;
        int r;

        if (!kind->update)
                return call_fail(c, 405, "MethodNotAllowed", "%s cannot be updated.", kind->name);
        r = call_parse_body(c, false, &in);
        if (r < 0)
                return r;
        r = validate_object(c, in, kind->update);
        if (r < 0)
                return r;
        r = call_check_etag(c, o);
        if (r < 0)
                return r;
        r = call_claim(c, o);
        if (r < 0)
                return r;
        r = claim_parents(c, kind, o->body);
        if (r < 0)
                return r;

        echo = drop_ignored_fields(c, kind, in);
        if (kind->on_update) {
                r = kind->on_update(c, o, in);
                if (r < 0)
                        return r;
        }
        object_touch(o, c->principal);
        if (kind->tag_maps_clear_each_other && option_bool(c->sim, "tagMapsClearEachOther"))
                clear_other_tag_map(o, in);
        resource_overlay(o, in);
        if (kind->is_async)
                return call_reply(c, 202, NULL);
        return reply_updated(c, o, echo);
}

static int resource_delete(Call *c, Object *o) {
        int r;

        if (!o->kind->check_delete && !o->kind->on_delete)
                return call_fail(c, 405, "MethodNotAllowed", "%s cannot be deleted.", o->kind->name);
        r = call_check_etag(c, o);
        if (r < 0)
                return r;
        if (o->kind->on_delete)
                return o->kind->on_delete(c, o);
        r = call_claim(c, o);
        if (r < 0)
                return r;
        r = claim_parents(c, o->kind, o->body);
        if (r < 0)
                return r;
        r = o->kind->check_delete(c, o);
        if (r < 0)
                return r;
        object_touch(o, c->principal);
        if (o->kind->on_deleting)
                o->kind->on_deleting(c, o);
        if (!o->kind->self_paced)
                lifecycle_delete(o, o->kind->delete_seconds);
        return call_reply(c, o->kind->is_async ? 202 : 204, NULL);
}

static int resource_move(Call *c, Object *o) {
        static const Field fields[] = { { .name = "compartmentId", .type = FIELD_STRING, .required = true },
                                        {} };
        _cleanup_json_ cJSON *in = NULL;
        int r;

        r = call_parse_body(c, false, &in);
        if (r < 0)
                return r;
        r = validate_object(c, in, fields);
        if (r < 0)
                return r;
        r = resource_check_compartment(c, json_string(in, "compartmentId"));
        if (r < 0)
                return r;
        r = call_claim(c, o);
        if (r < 0)
                return r;
        r = claim_parents(c, o->kind, o->body);
        if (r < 0)
                return r;
        object_touch(o, c->principal);
        json_set_string(o->body, "compartmentId", json_string(in, "compartmentId"));
        if (o->kind->on_moved)
                o->kind->on_moved(o);
        call_add_reply_header(c, "etag", o->etag);
        if (o->kind->move_is_202)
                work_request_start(c, "CHANGE_COMPARTMENT", o, 2);
        return call_reply(c, o->kind->move_is_202 ? 202 : 204, NULL);
}

static int run_action(Call *c, Object *o, const Action *a) {
        _cleanup_json_ cJSON *in = NULL;
        int r;

        if (a->body) {
                r = call_parse_body(c, false, &in);
                if (r < 0)
                        return r;
                r = validate_object(c, in, a->body);
                if (r < 0)
                        return r;
        }
        if (a->retry_token) {
                r = retry_token_check(c);
                if (r != 0)
                        return r;
        }
        if (a->if_match) {
                r = call_check_etag(c, o);
                if (r < 0)
                        return r;
        }
        if (!a->no_claim) {
                r = call_claim(c, o);
                if (r < 0)
                        return r;
                r = claim_parents(c, o->kind, o->body);
                if (r < 0)
                        return r;
        }
        r = a->run(c, o, in);
        if (r >= 0 && a->retry_token)
                retry_token_keep(c, NULL);
        return r;
}

/* 'pattern' ends in '*': that part goes into the call's tail, and may not be empty. */
static bool action_matches(Call *c, const char *pattern, const char *name) {
        size_t n = strlen(pattern) - 1;

        if (pattern[n] != '*')
                return streq(pattern, name);
        if (strncmp(pattern, name, n) != 0 || !name[n])
                return false;
        c->tail = name + n;
        return true;
}

static int resource_handle_action(Call *c, Object *o, const char *name) {
        bool there = false;
        int r;

        if (streq(name, "actions/changeCompartment") && o->kind->can_move) {
                if (!streq(c->method, "POST"))
                        return call_fail(c, 405, "MethodNotAllowed", "%s is a POST.", name);
                r = resource_check_query(c, NULL, false);
                return r < 0 ? r : check_alive(c, o) < 0 ? -EBADMSG : resource_move(c, o);
        }
        for (const Action *a = o->kind->actions; a && a->name; a++) {
                if (!action_matches(c, a->name, name))
                        continue;
                there = true;
                if (!streq(a->method, c->method))
                        continue;
                r = resource_check_query(c, a->query, streq(a->method, "GET") || a->query);
                if (r < 0)
                        return r;
                if (!streq(a->method, "GET") && check_alive(c, o) < 0)
                        return -EBADMSG;
                return run_action(c, o, a);
        }
        if (there)
                return call_fail(c, 405, "MethodNotAllowed", "%s does not take %s.", name, c->method);
        return call_fail(c, 404, "NotFound", "There is no %s for %s.", name, o->kind->name);
}

int resource_handle(Call *c, const Kind *kind, const char *id, const char *rest) {
        const char *const *query;
        Object *o;

        if (!id) {
                if (streq(c->method, "GET"))
                        return list_handle(c, kind);
                if (streq(c->method, "POST"))
                        return resource_create(c, kind);
                return call_fail(c, 405, "MethodNotAllowed", "%s does not take %s.", kind->collection,
                                 c->method);
        }
        o = store_get_kind(c->region, kind->id, id);
        if (!o || !call_view(c, o))
                return call_not_found(c);
        if (rest)
                return resource_handle_action(c, o, rest);
        query = streq(c->method, "GET")   ? kind->get_query
                : streq(c->method, "PUT") ? kind->update_query
                                          : kind->delete_query;
        if (resource_check_query(c, query, false) < 0)
                return -EBADMSG;
        if (streq(c->method, "GET"))
                return call_reply_object(c, 200, o, true);
        if (!streq(c->method, "PUT") && !streq(c->method, "DELETE"))
                return call_fail(c, 405, "MethodNotAllowed", "%s does not take %s.", kind->name, c->method);
        if (check_alive(c, o) < 0)
                return -EBADMSG;
        return streq(c->method, "PUT") ? resource_update(c, o) : resource_delete(c, o);
}
