/* Whether writes have their effect: what was written and never seen, and what somebody sets back each
 * time. */
#include "converge.h"

#include "base/encode.h"

#define FIGHT_MEMORY      (10 * USEC_PER_MINUTE) /* a drift that comes later is another story */
#define FIGHT_FORGETS     USEC_PER_HOUR
#define UNCONVERGED_FIRST (10 * USEC_PER_SEC)
#define UNCONVERGED_MOST  (10 * USEC_PER_MINUTE)
#define DIGEST_SIZE       12
#define MISSING           "------------ " /* in the place of a digest: the thing itself */

/* Digests, each followed by a space. */
static void add_digests(Str *b, const Differences *ds) {
        for (size_t i = 0; i < ds->n; i++) {
                const Difference *d = &ds->d[i];
                _cleanup_free_ char *text = xasprintf("%s\n%s", d->path, d->want_text ? d->want_text : "");
                _cleanup_free_ char *hex = sha256_hex(text, strlen(text));

                str_addf(b, "%.*s ", DIGEST_SIZE, hex);
        }
}

/* What is to be mended, also what only an action knows: our tags. */
static char *present_digests(const Resource *r) {
        const Assessment *a = &r->assessment;
        Str b = {};

        add_digests(&b, &a->differences);
        for (size_t i = 0; i < a->n_actions; i++)
                add_digests(&b, &a->actions[i]->differences);
        if (r->desired && !r->observed && r->absent)
                str_add(&b, MISSING);
        return str_take(&b);
}

/* Those of the noted ones that are present, or those that are not. */
static char *select_noted(const char *noted, const char *present, bool is_present) {
        Str b = {};

        for (; *noted; noted += DIGEST_SIZE + 1) {
                char digest[DIGEST_SIZE + 1];

                memcpy(digest, noted, DIGEST_SIZE);
                digest[DIGEST_SIZE] = '\0';
                if (!!strstr(present, digest) == is_present)
                        str_addf(&b, "%s ", digest);
        }
        return str_take(&b);
}

void converge_note_write(Resource *r, bool creates, const Differences *ds, const char *etag, usec_t ended) {
        Str b = {};

        r->wrote = ended;
        str_replace(&r->wrote_etag, etag);
        if (!creates && ds->n == 0)
                return;
        if (creates) /* what a replacement was to mend is judged when the new one is there */
                str_addf(&b, "%s%s", r->wrote_digest ? r->wrote_digest : "", MISSING);
        else
                add_digests(&b, ds);
        free(r->wrote_digest);
        r->wrote_digest = str_take(&b);
}

/* Everything that the assessment rests on was read after our last write to it. */
static bool is_judged_on_fresh_sight(const Resource *r) {
        const Assessment *a = &r->assessment;

        if (r->call || a->look || a->look_sub || a->look_listing || a->look_at ||
            a->verdict == VERDICT_UNKNOWN)
                return false;
        for (size_t i = 0; i < a->n_actions; i++)
                for (size_t j = 0; j < ARRAY_SIZE(a->actions[i]->basis); j++)
                        if (a->actions[i]->basis[j] && !observed_is_current(a->actions[i]->basis[j]))
                                return false;
        if (!r->observed)
                return (r->kind->flags & KIND_NOT_CLOUD) ||
                       (r->absent && r->wrote_digest && strstr(r->wrote_digest, MISSING));
        if (!observed_is_current(r->observed) || r->observed->life != LIFE_READY ||
            observed_parts_move(r->observed))
                return false;
        for (size_t i = 0; i < r->observed->n_subs; i++)
                if (r->observed->subs[i].begun < r->observed->subs[i].written)
                        return false;
        return true;
}

static usec_t doubled(usec_t first, usec_t most, unsigned n) {
        for (; n > 1 && first < most; n--)
                first *= 2;
        return MIN(first, most);
}

static void count_round(Resource *r, usec_t now) {
        r->fight_rounds++;
        r->fought = now;
}

static void count_unconverged(Resource *r, usec_t now, double speed) {
        double wait = (double) doubled(UNCONVERGED_FIRST, UNCONVERGED_MOST, ++r->unconverged) / speed;

        r->not_before = MAX(r->not_before, now + (usec_t) wait);
}

/* A list has no etag: who wrote last is seen by the GET that follows. */
static bool waits_for_etag(const Resource *r) {
        return r->wrote_etag && r->observed && r->observed->from == READ_LIST && !r->observed->etag;
}

static bool was_written_since(const Resource *r) {
        return r->wrote_etag && r->observed && r->observed->etag && !streq(r->observed->etag, r->wrote_etag);
}

static void note_mended(Resource *r, const char *mended, usec_t now) {
        if (isempty(mended))
                return;
        str_replace(&r->mended_digest, mended);
        r->mended = now;
}

static bool update_convergence(Resource *r, const char *present, usec_t now, double speed) {
        _cleanup_free_ char *still = NULL, *mended = NULL;
        char *missing;

        if (!r->wrote_digest)
                return false;
        still = select_noted(r->wrote_digest, present, true);
        /* A write's own reply may say what the service then does not keep: it convicts, but it does not acquit. */
        if (*still ? waits_for_etag(r) : r->observed && r->observed->begun == r->wrote)
                return false;
        mended = select_noted(r->wrote_digest, present, false);
        missing = strstr(mended, MISSING);
        if (missing)
                *missing = '\0'; /* it is the last one, and no matter of a fight */
        note_mended(r, mended, now);
        free(TAKE_PTR(r->wrote_digest)); /* the next write notes its own */
        if (!*still)
                r->unconverged = 0;
        else if (was_written_since(r))
                count_round(r, now);
        else
                count_unconverged(r, now, speed);
        return true;
}

/* A fight that rests for an hour is forgotten; one that was given up is tried once more. */
static bool forget_fight(Resource *r, const char *present, usec_t now, double speed) {
        if (r->fight_rounds == 0 || (double) (now - r->fought) * speed <= (double) FIGHT_FORGETS)
                return false;
        r->fight_rounds = *present && r->fight_rounds >= CONVERGE_ROUNDS ? CONVERGE_ROUNDS - 1 : 0;
        r->fought = now;
        return true;
}

static bool update_fight(Resource *r, const char *present, usec_t now, double speed) {
        _cleanup_free_ char *again = NULL;

        if (!r->mended_digest)
                return false;
        again = select_noted(r->mended_digest, present, true);
        if (!*again)
                return false;
        free(TAKE_PTR(r->mended_digest)); /* one drift is one round */
        if ((double) (now - r->mended) * speed > (double) FIGHT_MEMORY)
                return false;
        count_round(r, now);
        return true;
}

bool converge_update(Resource *r, usec_t now, double speed) {
        _cleanup_free_ char *present = NULL;
        bool changed = false;

        if (!is_judged_on_fresh_sight(r))
                return false;
        present = present_digests(r);
        /* Whoever gave up writing notes no new write, so the count goes down only when the differences do. */
        if (r->unconverged > 0 && !r->wrote_digest && !*present) {
                r->unconverged = 0;
                changed = true;
        }
        changed = forget_fight(r, present, now, speed) || changed;
        changed = update_fight(r, present, now, speed) || changed;
        return update_convergence(r, present, now, speed) || changed;
}

void converge_retry(Resource *r) {
        free(TAKE_PTR(r->wrote_digest));
        free(TAKE_PTR(r->wrote_etag));
        free(TAKE_PTR(r->mended_digest));
        r->unconverged = 0;
        r->fight_rounds = 0;
        r->attempts = 0;
        r->not_before = 0;
}

void converge_reset(Resource *r) {
        converge_retry(r);
        r->token_round = 0;
        api_error_done(&r->last_error);
}

/* meaning                          first   factor  at most
 * changed meanwhile                1 s     1.5     30 s      look again at once, but never in a tight circle
 * retry token used, hidden refs    1 s     2       30 s
 * busy                             2 s     1.5     30 s      the parent's transition ends soon
 * conflict, exists                 5 s     2       5 min     changes, but not by waiting alone
 * credential                       10 s    2       5 min     a renewed key or clock is seen without a restart
 * invalid, limit, forbidden        30 s    2       10 min    a person has to act
 * no answer, 5xx, 429              1 s     2       30 s */
usec_t converge_delay(ErrorMeaning meaning, unsigned n) {
        usec_t first = USEC_PER_SEC, most = 30 * USEC_PER_SEC;
        unsigned percent = 200;

        switch (meaning) {
        case ERROR_ETAG:
                percent = 150;
                break;
        case ERROR_BUSY:
                first = 2 * USEC_PER_SEC;
                percent = 150;
                break;
        case ERROR_CONFLICT:
        case ERROR_EXISTS:
                first = 5 * USEC_PER_SEC;
                most = 5 * USEC_PER_MINUTE;
                break;
        case ERROR_AUTH:
                first = 10 * USEC_PER_SEC;
                most = 5 * USEC_PER_MINUTE;
                break;
        case ERROR_INVALID:
        case ERROR_LIMIT:
        case ERROR_FORBIDDEN:
        case ERROR_NO_SUCH_CALL:
                first = 30 * USEC_PER_SEC;
                most = 10 * USEC_PER_MINUTE;
                break;
        case ERROR_NONE:
        case ERROR_UNKNOWN_OR_FORBIDDEN:
        case ERROR_RELATED_UNKNOWN:
        case ERROR_TOKEN_USED:
        case ERROR_THROTTLED:
        case ERROR_SERVER:
        case ERROR_GARBLED:
        case ERROR_TRANSPORT:
        case _ERROR_MEANING_MAX:
                break;
        }
        for (; n > 1 && first < most; n--)
                first = first / 100 * percent;
        return MIN(first, most);
}
