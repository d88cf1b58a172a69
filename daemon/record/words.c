/* words.json: what people said, written whole at every change so that a crash leaves the old or the new words. A change is made
 * on a copy, which takes the place of the words once the disk has it. */
#include <errno.h>
#include <stdio.h>

#include "words.h"

#include "base/file.h"

#define WORDS_VERSION  1
#define WORDS_SIZE_MAX (16 * 1024 * 1024)

static void approval_done(Approval *a) {
        free(a->id);
        free(a->address);
        free(a->ocid);
        free(a->want);
        strv_free(a->seen);
        free(a->reason);
}

static void pause_done(Pause *p) {
        free(p->address);
        free(p->reason);
}

void words_done(Words *w) {
        for (size_t i = 0; i < w->n_approvals; i++)
                approval_done(&w->approvals[i]);
        for (size_t i = 0; i < w->n_pauses; i++)
                pause_done(&w->pauses[i]);
        free(w->approvals);
        free(w->pauses);
        free(w->path);
        *w = (Words){};
}

static void approvals_remove(Words *w, size_t i) {
        approval_done(&w->approvals[i]);
        w->approvals[i] = w->approvals[--w->n_approvals];
}

static void pauses_remove(Words *w, size_t i) {
        pause_done(&w->pauses[i]);
        w->pauses[i] = w->pauses[--w->n_pauses];
}

static char **strv_copy(char *const *v) {
        char **copy = NULL;

        for (; v && *v; v++)
                strv_push(&copy, *v);
        return copy;
}

static void words_copy(const Words *w, Words *ret) {
        *ret = (Words){ .path = xstrdup(w->path), .hour = w->hour };
        for (size_t i = 0; i < w->n_approvals; i++) {
                const Approval *a = &w->approvals[i];
                Approval copy = {
                        .id = xstrdup(a->id),
                        .address = xstrdup(a->address),
                        .ocid = xstrdup(a->ocid),
                        .verb = a->verb,
                        .want = xstrdup(a->want),
                        .seen = strv_copy(a->seen),
                        .expires = a->expires,
                        .override = a->override,
                        .reason = xstrdup(a->reason),
                };

                array_push(ret->approvals, ret->n_approvals, copy);
        }
        for (size_t i = 0; i < w->n_pauses; i++) {
                const Pause *p = &w->pauses[i];
                Pause copy = { .address = xstrdup(p->address),
                               .until = p->until,
                               .reason = xstrdup(p->reason) };

                array_push(ret->pauses, ret->n_pauses, copy);
        }
}

static void json_set_instant(cJSON *o, const char *name, usec_t at) {
        char text[TIME_TEXT_SIZE];

        if (at != USEC_INFINITY)
                json_set_string(o, name, format_rfc3339_msec(at, text));
}

static cJSON *approval_to_json(const Approval *a) {
        cJSON *o = json_new_object(), *seen = json_new_array();

        json_set_string(o, "id", a->id);
        json_set_string(o, "address", a->address);
        json_set_string(o, "ocid", a->ocid);
        json_set_string(o, "verb", verb_to_string(a->verb));
        json_set_string(o, "want", a->want);
        for (char **s = a->seen; s && *s; s++)
                json_append_string(seen, *s);
        json_set(o, "seen", seen);
        json_set_instant(o, "expires", a->expires);
        json_set_bool(o, "override", a->override);
        json_set_string(o, "reason", a->reason);
        return o;
}

static cJSON *words_to_json(const Words *w) {
        cJSON *o = json_new_object(), *approvals = json_new_array(), *pauses = json_new_array();

        json_set_number(o, "version", WORDS_VERSION);
        for (size_t i = 0; i < w->n_approvals; i++)
                json_append(approvals, approval_to_json(&w->approvals[i]));
        json_set(o, "approvals", approvals);
        for (size_t i = 0; i < w->n_pauses; i++) {
                const Pause *p = &w->pauses[i];
                cJSON *one = json_new_object();

                json_set_string(one, "address", p->address);
                json_set_instant(one, "until", p->until);
                json_set_string(one, "reason", p->reason);
                json_append(pauses, one);
        }
        json_set(o, "pauses", pauses);
        return o;
}

/* -EBADMSG for anything that approval_to_json() does not write. */
static int approval_from_json(const cJSON *o, Approval *ret) {
        const char *id = json_string(o, "id"), *address = json_string(o, "address");
        const char *want = json_string(o, "want"), *expires = json_string(o, "expires");
        Verb verb = verb_from_string(json_string(o, "verb"));
        const cJSON *seen = json_get(o, "seen"), *text;
        char **texts = NULL;
        usec_t at;

        if (!id || !address || !want || !expires || verb == _VERB_INVALID || !cJSON_IsArray(seen) ||
            parse_rfc3339(expires, &at) < 0)
                return -EBADMSG;
        cJSON_ArrayForEach (text, seen) {
                if (!cJSON_IsString(text)) {
                        strv_free(texts);
                        return -EBADMSG;
                }
                strv_push(&texts, text->valuestring);
        }
        *ret = (Approval){
                .id = xstrdup(id),
                .address = xstrdup(address),
                .ocid = xstrdup(json_string(o, "ocid")),
                .verb = verb,
                .want = xstrdup(want),
                .seen = texts,
                .expires = at,
                .override = json_bool(o, "override", false),
                .reason = xstrdup(json_string(o, "reason")),
        };
        return 0;
}

static int pause_from_json(const cJSON *o, Pause *ret) {
        const char *reason = json_string(o, "reason"), *until = json_string(o, "until");
        usec_t at = USEC_INFINITY;

        if (!reason || (json_get(o, "until") && (!until || parse_rfc3339(until, &at) < 0)) ||
            (json_get(o, "address") && !json_string(o, "address")))
                return -EBADMSG;
        *ret = (Pause){ .address = xstrdup(json_string(o, "address")),
                        .until = at,
                        .reason = xstrdup(reason) };
        return 0;
}

static int words_from_json(Words *w, const cJSON *o) {
        const cJSON *approvals = json_get(o, "approvals"), *pauses = json_get(o, "pauses"), *one;

        if (json_number(o, "version", 0) != WORDS_VERSION || !cJSON_IsArray(approvals) ||
            !cJSON_IsArray(pauses) || cJSON_GetArraySize(approvals) > WORDS_MAX ||
            cJSON_GetArraySize(pauses) > WORDS_MAX)
                return -EBADMSG;
        cJSON_ArrayForEach (one, approvals) {
                Approval a;

                if (approval_from_json(one, &a) < 0)
                        return -EBADMSG;
                array_push(w->approvals, w->n_approvals, a);
        }
        cJSON_ArrayForEach (one, pauses) {
                Pause p;

                if (pause_from_json(one, &p) < 0)
                        return -EBADMSG;
                array_push(w->pauses, w->n_pauses, p);
        }
        return 0;
}

static int words_read(Words *w) {
        _cleanup_free_ char *text = NULL;
        _cleanup_json_ cJSON *o = NULL;
        size_t size;
        int r;

        r = file_read(w->path, WORDS_SIZE_MAX, &text, &size, NULL);
        if (r < 0)
                return r == -EFBIG ? -EBADMSG : r;
        if (json_parse(text, size, &o, NULL) < 0)
                return -EBADMSG;
        return words_from_json(w, o);
}

int words_load(Words *w, const char *state_directory, char **reterr) {
        char *path = path_join(state_directory, "words.json");
        _cleanup_free_ char *bad = xasprintf("%s.bad", path);
        usec_t hour = w->hour;
        int r;

        *w = (Words){ .path = path, .hour = hour };
        r = words_read(w);
        if (r >= 0 || r == -ENOENT)
                return 0;

        w->path = NULL;
        words_done(w);
        *w = (Words){ .path = path, .hour = hour };
        if (r != -EBADMSG)
                *reterr = xasprintf("%s cannot be read: %s", path, strerror(-r));
        else if (rename(path, bad) < 0)
                *reterr = xasprintf("%s: damaged; it could not be set aside either: %s", path,
                                    strerror(errno));
        else
                *reterr = xasprintf("%s: damaged; set aside as %s: approvals and pauses are forgotten", path,
                                    bad);
        return r;
}

static int words_save(const Words *w) {
        _cleanup_json_ cJSON *o = NULL;
        _cleanup_free_ char *text = NULL;

        if (w->n_approvals > WORDS_MAX || w->n_pauses > WORDS_MAX)
                return -ENOSPC;
        if (!w->path)
                return 0;
        o = words_to_json(w);
        text = json_text_pretty(o);
        if (strlen(text) > WORDS_SIZE_MAX)
                return -ENOSPC;
        return file_write_atomic(w->path, text, strlen(text), 0600);
}

/* Saves 'next' and puts it in the place of *w; on failure *w stays. 'next' is used up either way. */
static int words_become(Words *w, Words *next) {
        int r = words_save(next);

        if (r < 0) {
                words_done(next);
                return r;
        }
        words_done(w);
        *w = *next;
        return 0;
}

/* A text that two equal differences share and no two others. */
static char *difference_text(const Difference *d) {
        _cleanup_free_ char *want = d->want ? json_canonical(d->want) : xstrdup(d->want_text);
        _cleanup_free_ char *have = d->have ? json_canonical(d->have) : xstrdup(d->have_text);

        return xasprintf("%s: %s -> %s", d->path, have ? have : "absent", want ? want : "absent");
}

char **words_seen(const Differences *ds) {
        char **v = NULL;

        for (size_t i = 0; i < ds->n; i++) {
                _cleanup_free_ char *text = difference_text(&ds->d[i]);

                strv_push(&v, text);
        }
        return v;
}

static const char *action_ocid(const Action *a) {
        return a->resource->observed ? a->resource->observed->id : NULL;
}

static const char *action_want(const Action *a) {
        const Desired *d = a->resource->desired;

        return d && d->digest ? d->digest : "";
}

static void approvals_put(Words *w, Approval a) {
        for (size_t i = 0; i < w->n_approvals; i++) {
                if (streq(w->approvals[i].id, a.id)) {
                        approvals_remove(w, i);
                        break;
                }
        }
        array_push(w->approvals, w->n_approvals, a);
}

static usec_t words_expiry(const Words *w, usec_t now) {
        return now + (w->hour ? w->hour : USEC_PER_HOUR);
}

int words_approve(Words *w, const Action *a, bool override, const char *reason, usec_t now) {
        Words next;

        words_copy(w, &next);
        approvals_put(&next, (Approval){
                                     .id = xstrdup(a->id),
                                     .address = xstrdup(a->resource->address),
                                     .ocid = xstrdup(action_ocid(a)),
                                     .verb = a->verb,
                                     .want = xstrdup(action_want(a)),
                                     .seen = words_seen(&a->differences),
                                     .expires = words_expiry(w, now),
                                     .override = override,
                                     .reason = xstrdup(reason),
                             });
        return words_become(w, &next);
}

int words_approve_bootstrap(Words *w, usec_t now) {
        Words next;

        words_copy(w, &next);
        approvals_put(&next, (Approval){
                                     .id = xstrdup(APPROVAL_BOOTSTRAP),
                                     .address = xstrdup(""),
                                     .verb = VERB_CREATE,
                                     .want = xstrdup(""),
                                     .expires = words_expiry(w, now),
                             });
        return words_become(w, &next);
}

/* The pause said for exactly this address, or for everything with NULL; n_pauses when there is none. */
static size_t pauses_find(const Words *w, const char *address) {
        size_t i;

        for (i = 0; i < w->n_pauses; i++)
                if (streq_ptr(w->pauses[i].address, address))
                        break;
        return i;
}

int words_pause(Words *w, const char *address, usec_t until, const char *reason) {
        Words next;
        size_t i;

        words_copy(w, &next);
        i = pauses_find(&next, address);
        if (i < next.n_pauses)
                pauses_remove(&next, i);
        array_push(next.pauses, next.n_pauses,
                   ((Pause){ .address = xstrdup(address), .until = until, .reason = xstrdup(reason) }));
        return words_become(w, &next);
}

int words_resume(Words *w, const char *address) {
        size_t n = w->n_pauses, i = pauses_find(w, address);
        Words next;

        if (n == 0 || (address && i == n))
                return -ENOENT;
        words_copy(w, &next);
        if (address)
                pauses_remove(&next, i);
        else
                while (next.n_pauses > 0)
                        pauses_remove(&next, 0);
        return words_become(w, &next);
}

bool words_expire(Words *w, usec_t now) {
        size_t n = w->n_approvals + w->n_pauses;

        for (size_t i = w->n_approvals; i-- > 0;)
                if (w->approvals[i].expires <= now)
                        approvals_remove(w, i);
        for (size_t i = w->n_pauses; i-- > 0;)
                if (w->pauses[i].until <= now)
                        pauses_remove(w, i);
        if (w->n_approvals + w->n_pauses == n)
                return false;
        /* What ran out has run out, whether the disk hears of it or not: instants are in the file. */
        (void) words_save(w);
        return true;
}

static bool approval_covers(const Approval *p, const Action *a, char *const *seen) {
        if (!streq(p->address, a->resource->address) || !streq_ptr(p->ocid, action_ocid(a)) ||
            p->verb != a->verb || !streq(p->want, action_want(a)))
                return false;
        for (; seen && *seen; seen++)
                if (!p->seen || !strv_contains(p->seen, *seen))
                        return false;
        return true;
}

const Approval *words_approval(const Words *w, const Action *a, usec_t now) {
        _cleanup_(strv_freep) char **seen = NULL;

        if (w->n_approvals == 0)
                return NULL;
        seen = words_seen(&a->differences);
        for (size_t i = 0; i < w->n_approvals; i++)
                if (w->approvals[i].expires > now && approval_covers(&w->approvals[i], a, seen))
                        return &w->approvals[i];
        return NULL;
}

bool words_bootstrap(const Words *w, usec_t now) {
        for (size_t i = 0; i < w->n_approvals; i++)
                if (streq(w->approvals[i].id, APPROVAL_BOOTSTRAP) && w->approvals[i].expires > now)
                        return true;
        return false;
}

const Pause *words_paused(const Words *w, const char *address, usec_t now) {
        for (size_t i = 0; i < w->n_pauses; i++) {
                const Pause *p = &w->pauses[i];

                if (p->until > now && (!p->address || streq_ptr(p->address, address)))
                        return p;
        }
        return NULL;
}
