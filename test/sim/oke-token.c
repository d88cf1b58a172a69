/* OKE's bearer tokens: from base64 to the request inside, which then has to pass as a signed call does. */
#include "oke-token.h"

#include "base/encode.h"
#include "base/json.h"
#include "call.h"
#include "options.h"
#include "signature.h"

static const char *refuse(char **reterr_why, const char *why) {
        *reterr_why = xstrdup(why);
        return NULL;
}

/* Puts the URL's parts into a call as it would have been sent: host, path and, as headers, what the query carries. */
static const char *open_url(Call *c, Sim *sim, const char *url, const char *host, const char *cluster_id) {
        _cleanup_free_ char *path = xasprintf("/cluster_request/%s", cluster_id), *given = NULL;
        const char *rest = startswith(url, "https://");
        size_t n;

        if (!rest)
                return "the token is no https URL";
        n = strcspn(rest, "/?");
        given = xstrndup(rest, n);
        call_init(c, sim, "GET", rest + n);
        if (!streq(given, host))
                return "the token is for another host or region";
        if (!streq(c->path, path))
                return "the token is for another cluster";
        if (c->n_query != 2 || !call_query(c, "authorization") || !call_query(c, "date"))
                return "the token's query is not authorization and date";
        call_add_header(c, "host", given);
        call_add_header(c, "authorization", call_query(c, "authorization"));
        call_add_header(c, "date", call_query(c, "date"));
        str_replace(&c->target, path); /* the query came after signing */
        return NULL;
}

static const char *check_age(Sim *sim, const char *date, usec_t now) {
        usec_t then, life = (usec_t) (option_number(sim, "tokenSeconds") * 1e6);

        if (parse_http_date(date, &then) < 0)
                return "the token's date is malformed";
        return now > then && now - then > life ? "the token has expired" : NULL;
}

const char *oke_token_verify(Sim *sim, const char *token, const Region *region, const char *cluster_id,
                             usec_t now, char **reterr_why) {
        _cleanup_free_ char *host = xasprintf("containerengine.%s.oraclecloud.com", region->name);
        _cleanup_free_ unsigned char *url = NULL;
        _cleanup_(call_done) Call c = {};
        _cleanup_json_ cJSON *reply = NULL;
        const char *why, *user;
        size_t size;

        if (base64url_decode(token, &url, &size) < 0 || strlen((const char *) url) != size)
                return refuse(reterr_why, "the token is no base64url text");
        why = open_url(&c, sim, (const char *) url, host, cluster_id);
        if (!why)
                why = check_age(sim, call_header(&c, "date"), now);
        if (why)
                return refuse(reterr_why, why);
        c.skew_usec = now - sim_wall_clock(sim);
        user = signature_verify(&c); /* refuses a date that is too far ahead as well */
        if (user)
                return user;
        reply = cJSON_Parse(c.reply);
        return refuse(reterr_why, json_string(reply, "message"));
}
