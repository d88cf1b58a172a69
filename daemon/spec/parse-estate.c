/* The Estate document and the Region documents. */
#include "loader.h"

#include "oci/ocid.h"
#include "oci/region.h"

#define INTERVAL_DEFAULT    (15 * USEC_PER_SEC)
#define INTERVAL_MIN        (5 * USEC_PER_SEC)
#define INTERVAL_MAX        USEC_PER_HOUR
#define DISRUPTIONS_DEFAULT 6
#define DISRUPTIONS_MAX     3600
#define PROVEN_DEFAULT      67
#define LABEL_MAX           64

static const char *const principals[] = { "api-key", "session-token", "instance", NULL };
static const char *const modes[] = { "observe", "enforce", NULL };
static const char *const gates[] = { "automatic", "approve", "never", NULL };
static const char *const compartment_types[] = { "compartment", "tenancy", NULL };

#define GATE_KEY(verb, text) \
        { .name = (verb), .type = KEY_WORD, .words = gates, .doc = (text) }
#define GATE_KEYS                                                                                       \
        GATE_KEY("adopt", "put our tags on what was found by name or role"),                            \
                GATE_KEY("create", "make what is declared and missing"),                                \
                GATE_KEY("update", "widen or mend, which hurts nobody"),                                \
                GATE_KEY("heal", "make anew what carries nothing: a REVOKED or INVALID RPC"),           \
                GATE_KEY("disrupt", "take something away: a rule or route that is no longer declared"), \
                GATE_KEY("replace", "delete and make anew what carries something"),                     \
                GATE_KEY("delete", "delete what is no longer declared")

const Key policy_keys[] = { GATE_KEYS, {} };

static void read_disruptions(Loader *l, const Key *k, const YamlNode *n) {
        int64_t v;

        if (parse_number(l, n, k->name, k->min, k->max, &v))
                l->estate->disruptions_per_hour = (unsigned) v;
}

static void read_proven_nodes(Loader *l, const Key *k, const YamlNode *n) {
        int64_t v;

        if (parse_percent(l, n, k->name, k->min, k->max, &v))
                l->estate->proven_nodes = (unsigned) v;
}

static const Key estate_policy_keys[] = {
        GATE_KEYS,
        { .name = "disruptionsPerHour",
          .type = KEY_NUMBER,
          .min = 1,
          .max = DISRUPTIONS_MAX,
          .doc = "how many of disrupt, replace and delete an hour may see; left out: 6",
          .read = read_disruptions },
        { .name = "provenNodes",
          .type = KEY_PERCENT,
          .min = 1,
          .max = 100,
          .doc = "how many of a region's nodes have to be up before anything is taken away in the other; "
                 "left "
                 "out: 67%",
          .read = read_proven_nodes },
        {},
};

bool parse_policy(Loader *l, const Key *keys, const YamlNode *n, Gate policy[static _VERB_MAX],
                  bool own[static _VERB_MAX]) {
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};

        choices_add_keys(&words, keys);
        if (!map_open(l, n, &words, "policy", &m))
                return false;
        for (const Key *k = keys; k->name; k++) {
                const YamlNode *value = map_get(&m, k->name);
                Verb verb = verb_from_string(k->name);
                int gate;

                if (!value)
                        continue;
                if (k->read) {
                        k->read(l, k, value);
                        continue;
                }
                gate = parse_word(l, value, k->name, k->words);
                if (gate < 0)
                        continue;
                policy[verb] = gate_from_string(k->words[gate]);
                own[verb] = true;
        }
        return true;
}

/* The estate's name is the value of a tag and stands in the mark of every rule, the region's begins every address. */
static char *parse_label(Loader *l, const YamlNode *n, const char *what) {
        const char *name = parse_text(l, n, "name", 1, LABEL_MAX);

        if (name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")]) {
                fail(l, n, "the name of %s takes small letters, digits and '-'", what);
                return NULL;
        }
        return xstrdup(name);
}

/* What has to be said and is not. */
static void check_required_keys(Loader *l, const Key *keys, const SpecMap *m, const char *what) {
        for (const Key *k = keys; k->name; k++)
                if (k->required && !map_get(m, k->name))
                        hint(fail(l, m->node, "%s has no '%s'", what, k->name), "%s", k->doc);
}

/* Each key that was said is read by its own function, in the order of the table. */
static void read_keys(Loader *l, const Key *keys, const SpecMap *m) {
        for (const Key *k = keys; k->name; k++)
                if (k->read && map_get(m, k->name))
                        k->read(l, k, map_get(m, k->name));
}

static void read_name(Loader *l, const Key *k, const YamlNode *n) {
        l->estate->name = parse_label(l, n, "an Estate");
}

static void read_compartment(Loader *l, const Key *k, const YamlNode *n) {
        if (check_ocid(l, n, k->name, k->words, NO_REGION))
                l->estate->compartment = xstrdup(n->value);
}

static void read_mode(Loader *l, const Key *k, const YamlNode *n) {
        int i = parse_word(l, n, k->name, k->words);

        if (i >= 0)
                l->estate->mode = mode_from_string(k->words[i]);
}

static void read_principal(Loader *l, const Key *k, const YamlNode *n) {
        int i = parse_word(l, n, k->name, k->words);

        if (i >= 0)
                l->estate->principal = (PrincipalKind) i;
}

static void read_profile(Loader *l, const Key *k, const YamlNode *n) {
        l->estate->profile = xstrdup(parse_text(l, n, k->name, k->min, k->max));
        if (l->estate->principal == PRINCIPAL_INSTANCE)
                fail(l, n, "an instance principal has no profile: leave 'profile' out");
}

static void read_auth(Loader *l, const Key *k, const YamlNode *n) {
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};

        choices_add_keys(&words, k->keys);
        if (map_open(l, n, &words, k->name, &m))
                read_keys(l, k->keys, &m);
}

static void read_interval(Loader *l, const Key *k, const YamlNode *n) {
        usec_t v;

        if (!is_text(n) || parse_duration(n->value, &v) < 0) {
                fail_type(l, n, k->name, "a duration such as 15s");
                return;
        }
        if (v < INTERVAL_MIN || v > INTERVAL_MAX) {
                fail_type(l, n, k->name, "5s to 1h");
                return;
        }
        l->estate->interval = v;
}

static void read_policy(Loader *l, const Key *k, const YamlNode *n) {
        bool own[_VERB_MAX] = {};

        (void) parse_policy(l, k->keys, n, l->estate->policy, own);
}

static const Key auth_keys[] = {
        { .name = "principal",
          .type = KEY_WORD,
          .words = principals, /* in the order of PrincipalKind */
          .doc = "who signs the requests; left out: api-key",
          .read = read_principal },
        { .name = "profile",
          .type = KEY_TEXT,
          .min = 1,
          .max = 255,
          .doc = "section of the config file; left out: DEFAULT. An instance principal has none",
          .read = read_profile },
        {},
};

const Key estate_keys[] = {
        { .name = "kind", .type = KEY_KIND, .doc = "what this document declares" },
        { .name = "name",
          .type = KEY_LABEL,
          .required = true,
          .min = 1,
          .max = LABEL_MAX,
          .doc = "it marks whatever tandem owns, and is never changed",
          .read = read_name },
        { .name = "compartment",
          .type = KEY_OCID,
          .required = true,
          .words = compartment_types,
          .doc = "the OCID of the compartment that holds it",
          .read = read_compartment },
        { .name = "mode",
          .type = KEY_WORD,
          .words = modes,
          .doc = "observe: look and report, change nothing; left out: observe",
          .read = read_mode },
        { .name = "auth",
          .type = KEY_KEYS,
          .keys = auth_keys,
          .doc = "whose credentials are used",
          .read = read_auth },
        { .name = "interval",
          .type = KEY_DURATION,
          .doc = "how often what breaks the link is listed, the rest every fourth time: 5s to 1h; left out: "
                 "15s",
          .read = read_interval },
        { .name = "policy",
          .type = KEY_KEYS,
          .keys = estate_policy_keys,
          .doc = "which actions need an approval; left out: adopt, update and heal are automatic",
          .read = read_policy },
        {},
};

/* Their values are read by parse_region(). */
const Key region_keys[] = {
        { .name = "kind", .type = KEY_KIND, .doc = "what this document declares" },
        { .name = "name",
          .type = KEY_LABEL,
          .required = true,
          .min = 1,
          .max = LABEL_MAX,
          .doc = "the tandem name, such as primary: it begins the address of everything in the region" },
        { .name = "region",
          .type = KEY_REGION,
          .required = true,
          .doc = "OCI's identifier, such as us-sanjose-1" },
        {},
};

static void set_defaults(Estate *e) {
        e->mode = MODE_OBSERVE;
        e->principal = PRINCIPAL_API_KEY;
        e->interval = INTERVAL_DEFAULT;
        e->disruptions_per_hour = DISRUPTIONS_DEFAULT;
        e->proven_nodes = PROVEN_DEFAULT;
        for (Verb v = 0; v < _VERB_MAX; v++)
                e->policy[v] = v == VERB_ADOPT || v == VERB_UPDATE || v == VERB_HEAL ? GATE_AUTOMATIC
                                                                                     : GATE_APPROVE;
}

static void parse_estate_document(Loader *l, const Document *d) {
        _cleanup_choices_ Choices words = {};
        _cleanup_map_ SpecMap m = {};

        choices_add_keys(&words, estate_keys);
        if (!map_open(l, d->root, &words, "Estate", &m))
                return;
        check_required_keys(l, estate_keys, &m, "the Estate");
        read_keys(l, estate_keys, &m);
}

void parse_estate(Loader *l) {
        const Document *first = NULL;

        set_defaults(l->estate);
        for (size_t i = 0; i < l->n_documents; i++) {
                const Document *d = l->documents + i;

                l->file = d->file;
                if (!d->is_estate || d->is_lost)
                        continue;
                if (first) {
                        hint(fail(l, d->root,
                                  "a second Estate: the files of one daemon declare exactly one"),
                             "the first is at %s:%u", l->estate->files[first->file], first->root->mark.line);
                        continue;
                }
                first = d;
                parse_estate_document(l, d);
        }
        if (!first && !l->lost_all)
                hint(fail_at(l, (Place){ .line = 1, .column = 1, .width = 1 }, "no document is an Estate"),
                     "one says its name, compartment and mode");
}

static void region_words(Choices *words) {
        choices_add_keys(words, region_keys);
        for (size_t i = 0; kinds[i]; i++)
                if (kinds[i]->section && !kinds[i]->parent)
                        choices_add(words, kinds[i]->section);
}

/* Says OCI's identifier of the region, or NULL after an error. */
static const char *parse_identifier(Loader *l, const YamlNode *n) {
        const char *said = parse_text(l, n, "region", 1, 64), *identifier;
        SpecDiagnostic *d;

        if (!said)
                return NULL;
        identifier = oci_region_identifier(said);
        if (identifier && streq(identifier, said))
                return identifier;
        d = fail(l, n, "'%s' is not a region that tandem knows", said);
        hint_did_you_mean(d, identifier ? identifier : oci_region_nearest(said));
        return NULL;
}

static void check_region(Loader *l, const YamlNode *n, const EstateRegion *r) {
        const EstateRegion *first = l->estate->regions;

        for (size_t i = 0; i < l->estate->n_regions; i++) {
                if (streq(first[i].region, r->region)) {
                        fail(l, n, "%s is region '%s' already", r->region, first[i].name);
                        return;
                }
        }
        if (l->estate->n_regions > 0 && !streq(oci_region_realm(r->region), oci_region_realm(first->region)))
                fail(l, n, "%s is of realm %s, and %s of %s: an estate lies in one realm", r->region,
                     oci_region_realm(r->region), first->region, oci_region_realm(first->region));
}

static bool region_is_new(Loader *l, const YamlNode *n, const char *name) {
        for (size_t i = 0; i < l->estate->n_regions; i++) {
                const EstateRegion *r = l->estate->regions + i;

                if (!streq(r->name, name))
                        continue;
                hint(fail(l, n, "region '%s' is declared twice", name), "the first is at %s:%u",
                     l->estate->files[r->mark.file], r->mark.line);
                return false;
        }
        return true;
}

/* False when nothing below it can be read, for its name begins every address. */
static bool parse_region(Loader *l, Document *d) {
        const YamlNode *name, *region;
        _cleanup_choices_ Choices words = {};
        _cleanup_free_ char *text = NULL;
        const char *identifier;
        EstateRegion r;

        region_words(&words);
        if (!map_open(l, d->root, &words, "Region", &d->map))
                return false;
        name = map_get(&d->map, "name");
        region = map_get(&d->map, "region");
        check_required_keys(l, region_keys, &d->map, "this Region");
        identifier = region ? parse_identifier(l, region) : NULL;
        text = name ? parse_label(l, name, "a Region") : NULL;
        if (!text || !region_is_new(l, name, text))
                return false;
        r = (EstateRegion){ .name = TAKE_PTR(text),
                            .region = xstrdup(identifier ? identifier : ""),
                            .mark = mark_of(l, name) };
        if (identifier)
                check_region(l, region, &r);
        d->region = (unsigned) l->estate->n_regions;
        array_push(l->estate->regions, l->estate->n_regions, r);
        return true;
}

void parse_regions(Loader *l) {
        for (size_t i = 0; i < l->n_documents; i++) {
                Document *d = l->documents + i;

                l->file = d->file;
                if (!d->is_region || d->is_lost || parse_region(l, d))
                        continue;
                d->is_lost = true;
                l->lost_all = true;
        }
        if (l->estate->n_regions == 0 && !l->lost_all)
                fail_at(l, (Place){ .line = 1, .column = 1, .width = 1 },
                        "no document is a Region, so the estate is empty");
}
