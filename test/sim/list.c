/* Lists: filters, order, and pages of odd sizes. */
#include "list.h"

#include <errno.h>
#include <inttypes.h>
#include <strings.h>

#include "base/encode.h"
#include "base/json.h"
#include "call.h"
#include "kind.h"
#include "options.h"
#include "resource.h"
#include "store.h"

#define LIMIT_DEFAULT 100

typedef enum ListOrder {
        ORDER_TIME,
        ORDER_MEMBER,
        ORDER_SHUFFLED,
} ListOrder;

typedef struct Entry {
        const Object *object;
        const cJSON *body; /* as the call sees it */
        const char *name;
        uint64_t number; /* seq or shuffle */
} Entry;

char *page_token_make(uint64_t nonce, const char *query, const char *position) {
        _cleanup_free_ char *text = xasprintf("%016" PRIx64 " %s %s", nonce, query, position),
                            *digest = sha256_hex(text, strlen(text));
        _cleanup_free_ char *plain = xasprintf("%.16s %016" PRIx64 " %s", digest, nonce, position);

        return base64url_encode(plain, strlen(plain));
}

int page_token_parse(const char *token, const char *query, char **ret_position) {
        _cleanup_free_ unsigned char *plain = NULL;
        _cleanup_free_ char *text = NULL, *digest = NULL;
        const char *position;
        size_t size;

        if (base64url_decode(token, &plain, &size) < 0 || size < 34 || strlen((char *) plain) != size ||
            plain[16] != ' ' || plain[33] != ' ')
                return -EINVAL;
        position = (char *) plain + 34;
        text = xasprintf("%.16s %s %s", (char *) plain + 17, query, position);
        digest = sha256_hex(text, strlen(text));
        if (strncmp(digest, (char *) plain, 16) != 0)
                return -EINVAL;
        *ret_position = xstrdup(position);
        return 0;
}

size_t list_page_size(Sim *sim, size_t n_left, long limit, bool *ret_more) {
        long fixed = (long) option_number(sim, "pageSize");
        uint64_t percent = (uint64_t) MAX(MIN(option_number(sim, "emptyPages"), 90.0), 0.0);
        size_t size = (size_t) limit;

        if (rng_below(&sim->pages, 100) < percent) {
                *ret_more = true; /* nothing this time, but that does not mean the end */
                return 0;
        }
        if (fixed > 0)
                size = MIN(size, (size_t) fixed);
        else
                size = (size_t) (limit / 2) + rng_below(&sim->pages, (uint64_t) (limit - limit / 2)) + 1;
        *ret_more = size < n_left;
        return MIN(size, n_left);
}

/* The query less what differs from page to page: a token is good for the same list only. */
static char *list_query_text(const Call *c) {
        _cleanup_str_ Str s = {};

        str_addf(&s, "%s %s", c->region->name, c->path);
        for (size_t i = 0; i < c->n_query; i++)
                if (!streq(c->query[i].name, "page") && !streq(c->query[i].name, "limit"))
                        str_addf(&s, " %s=%s", c->query[i].name, c->query[i].value);
        return str_take(&s);
}

static int list_read_page(Call *c, long *ret_limit, char **ret_query, char **ret_position) {
        const char *limit = call_query(c, "limit"), *page = call_query(c, "page");
        const char *option = streq(c->service, "containerengine") ? "limitMaxOke" : "limitMax";
        int64_t n = LIMIT_DEFAULT, max = (int64_t) option_number(c->sim, option);

        if (limit && parse_i64(limit, 1, max, &n) < 0)
                return call_fail(c, 400, "InvalidParameter", "limit must be between 1 and %" PRId64, max);
        *ret_limit = (long) n;
        *ret_query = list_query_text(c);
        if (page && page_token_parse(page, *ret_query, ret_position) < 0)
                return call_fail(c, 400, "InvalidParameter", "The page token is not valid.");
        return 0;
}

/* 'here' is where this page began, 'position' where the next one does; NULL: it was the last. */
static void list_announce(Call *c, const char *query, const char *here, const char *position) {
        _cleanup_free_ char *token = NULL;

        if (c->repeat_page)
                position = here;
        if (!position)
                return;
        token = page_token_make(rng_next(&c->sim->pages), query, position);
        call_add_reply_header(c, "opc-next-page", token);
}

int list_reply_items(Call *c, cJSON *items) {
        _cleanup_json_ cJSON *all = items;
        _cleanup_free_ char *query = NULL, *position = NULL, *next = NULL;
        size_t n = (size_t) cJSON_GetArraySize(all), start = 0, size;
        cJSON *page;
        int64_t at = 0;
        long limit;
        bool more;
        int r;

        r = list_read_page(c, &limit, &query, &position);
        if (r < 0)
                return r;
        if (position && parse_i64(position, 0, INT32_MAX, &at) < 0)
                return call_fail(c, 400, "InvalidParameter", "The page token is not valid.");
        start = MIN((size_t) at, n);
        size = list_page_size(c->sim, n - start, limit, &more);
        page = json_new_array();
        for (size_t i = 0; i < size; i++)
                json_append(page, cJSON_DetachItemFromArray(all, (int) start));
        if (more)
                next = xasprintf("%zu", start + size);
        list_announce(c, query, position ? position : "0", next);
        return call_reply(c, 200, page);
}

static bool state_is_known(const Kind *kind, const char *state) {
        const char *const words[] = { kind_coming(kind), kind_ready(kind), kind_going(kind), kind_gone(kind),
                                      "UPDATING" };

        for (size_t i = 0; i < ARRAY_SIZE(words); i++)
                if (strcasecmp(words[i], state) == 0)
                        return true;
        for (size_t i = 0; i < ARRAY_SIZE(kind->more_states) && kind->more_states[i]; i++)
                if (strcasecmp(kind->more_states[i], state) == 0)
                        return true;
        return false;
}

/* What the call sorts by; NULL: nothing, or what the kind does not know. */
static const SortKey *sort_key(const Call *c, const Kind *kind) {
        static const SortKey core_keys[] = { { "TIMECREATED", NULL }, { "DISPLAYNAME", "displayName" }, {} };
        const char *word = call_query(c, "sortBy");

        for (const SortKey *k = kind->sort_keys ? kind->sort_keys : core_keys; word && k->word; k++)
                if (streq(k->word, word))
                        return k;
        return NULL;
}

static int list_check_query(Call *c, const Kind *kind) {
        const char *names[ARRAY_SIZE(kind->filters) + 4] = {}, *sort_by = call_query(c, "sortBy");
        const char *order = call_query(c, "sortOrder"), *state = call_query(c, "lifecycleState"), *scope;
        size_t n = 0;
        int r;

        names[n++] = kind->scope;
        for (size_t i = 0; i < ARRAY_SIZE(kind->filters) && kind->filters[i]; i++)
                names[n++] = kind->filters[i];
        if (kind->sortable) {
                names[n++] = "sortBy";
                names[n++] = "sortOrder";
        }
        r = resource_check_query(c, names, true);
        if (r < 0)
                return r;
        scope = call_query(c, kind->scope);
        if (isempty(scope))
                return call_fail(c, 400, "MissingParameter", "Missing query parameter: %s", kind->scope);
        if (sort_by && !sort_key(c, kind))
                return call_fail(c, 400, "InvalidParameter", "sortBy '%s' is not valid.", sort_by);
        if (order && strcasecmp(order, "ASC") != 0 && strcasecmp(order, "DESC") != 0)
                return call_fail(c, 400, "InvalidParameter", "sortOrder '%s' is not valid.", order);
        for (size_t i = 0; state && i < c->n_query; i++)
                if (streq(c->query[i].name, "lifecycleState") && !state_is_known(kind, c->query[i].value))
                        return call_fail(c, 400, "InvalidParameter", "lifecycleState '%s' is not valid.",
                                         c->query[i].value);
        if (streq(kind->scope, "compartmentId"))
                return resource_check_compartment(c, scope);
        return store_get_kind(c->region, KIND_DRG, scope) ? 0 : call_not_found(c);
}

/* The parameter comes several times, and one of its values is enough. */
static bool matches_any(const Call *c, const char *name, const char *have) {
        for (size_t i = 0; i < c->n_query; i++)
                if (streq(c->query[i].name, name) && strcasecmp(c->query[i].value, have) == 0)
                        return true;
        return false;
}

static bool is_own_filter(const Kind *kind, const char *name) {
        for (size_t i = 0; i < ARRAY_SIZE(kind->own_filters) && kind->own_filters[i]; i++)
                if (streq(kind->own_filters[i], name))
                        return true;
        return false;
}

static bool list_matches(const Call *c, const Kind *kind, const cJSON *body) {
        for (size_t i = 0; i < c->n_query; i++) {
                const char *name = c->query[i].name, *value = c->query[i].value, *have;

                /* Paging; and what the kind's own matches() sees to. */
                if (streq(name, "limit") || streq(name, "page") || streq(name, "sortBy") ||
                    streq(name, "sortOrder") || is_own_filter(kind, name))
                        continue;
                have = streq(name, "networkId") ? json_path_string(body, "networkDetails.id")
                                                : json_string(body, name);
                if (have && streq_ptr(kind->repeated, name) && matches_any(c, name, have))
                        continue;
                if (!have ||
                    (streq(name, "lifecycleState") ? strcasecmp(have, value) : strcmp(have, value)) != 0)
                        return false;
        }
        return !kind->matches || kind->matches(c, body);
}

static int entry_compare(const void *x, const void *y) {
        const Entry *a = x, *b = y;
        int r = a->name && b->name ? strcmp(a->name, b->name) : 0;

        return r != 0 ? r : (a->number > b->number) - (a->number < b->number);
}

static Entry *list_collect(Call *c, const Kind *kind, ListOrder order, size_t *ret_n) {
        const SortKey *key = sort_key(c, kind);
        const ObjectList *list = &c->region->lists[kind->id];
        Entry *entries = NULL;
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++) {
                const Object *o = list->objects[i];
                const cJSON *body = call_view(c, o);
                Entry e = { .object = o,
                            .body = body,
                            .number = order == ORDER_SHUFFLED ? o->shuffle : o->seq };

                if (!body || !list_matches(c, kind, body))
                        continue;
                if (order == ORDER_MEMBER)
                        e.name = json_string(body, key->member);
                array_push(entries, n, e);
        }
        if (n > 1)
                qsort(entries, n, sizeof(Entry), entry_compare);
        *ret_n = n;
        return entries;
}

static int position_parse(const char *position, ListOrder order, Entry *ret) {
        int64_t number;
        char *name = strchr(position, ' ');
        _cleanup_free_ char *digits = name ? xstrndup(position, (size_t) (name - position)) : NULL;

        if (!name || parse_i64(digits, INT64_MIN, INT64_MAX, &number) < 0)
                return -EINVAL;
        *ret = (Entry){ .number = (uint64_t) number, .name = order == ORDER_MEMBER ? name + 1 : NULL };
        return 0;
}

static ListOrder list_order(const Call *c, const Kind *kind) {
        const SortKey *key = sort_key(c, kind);

        if (key)
                return key->member ? ORDER_MEMBER : ORDER_TIME;
        return option_bool(c->sim, "shuffleLists") && !call_query(c, "sortOrder") ? ORDER_SHUFFLED
                                                                                  : ORDER_TIME;
}

static bool list_is_descending(const Call *c, ListOrder order) {
        const char *word = call_query(c, "sortOrder");

        return word ? strcasecmp(word, "DESC") == 0 : order == ORDER_TIME;
}

int list_handle(Call *c, const Kind *kind) {
        _cleanup_free_ char *query = NULL, *position = NULL, *next = NULL;
        _cleanup_free_ Entry *entries = NULL;
        size_t n, start = 0, size;
        ListOrder order;
        Entry after = {};
        cJSON *page;
        bool more, descending;
        long limit;
        int r;

        r = list_check_query(c, kind);
        if (r < 0)
                return r;
        r = list_read_page(c, &limit, &query, &position);
        if (r < 0)
                return r;
        order = list_order(c, kind);
        descending = list_is_descending(c, order);
        entries = list_collect(c, kind, order, &n);
        if (!isempty(position)) {
                if (position_parse(position, order, &after) < 0)
                        return call_fail(c, 400, "InvalidParameter", "The page token is not valid.");
                while (start < n) {
                        int compared = entry_compare(&entries[descending ? n - 1 - start : start], &after);

                        if (descending ? compared < 0 : compared > 0)
                                break;
                        start++;
                }
        }
        size = list_page_size(c->sim, n - start, limit, &more);
        page = json_new_array();
        for (size_t i = start; i < start + size; i++) {
                const Entry *e = &entries[descending ? n - 1 - i : i];

                json_append(page, call_render(c, e->object, e->body));
                if (i == start + size - 1)
                        next = xasprintf("%" PRId64 " %s", (int64_t) e->number, e->name ? e->name : "");
        }
        if (more && !next)
                next = xstrdup(position ? position : "");
        list_announce(c, query, position ? position : "", more ? next : NULL);
        return call_reply(c, 200, page);
}
