/* Listings: page after page to the end. */
#include "client.h"

#include <errno.h>

#include "call.h"

#define PAGE_TOKEN_MAX 4096
#define ITEMS_MAX      200000 /* what a region is believed to hold of one kind, and then some */

struct OciList {
        unsigned n_ref;
        OciClient *client; /* a reference */
        OciCall *call;     /* the page that is asked for */
        OciListDone done;
        void *userdata;

        char *region, *path; /* the request, copied */
        OciService service;
        OciExpect expect;
        usec_t deadline_usec;
        size_t max_reply_size;

        cJSON *items;
        size_t n_items;
        char **tokens; /* of the pages asked for */
        usec_t begun_usec;
        unsigned n_pages;
};

static void on_page(OciCall *call, OciReply *reply, int error, void *userdata);

static int list_request_page(OciList *list, const char *token) {
        _cleanup_free_ char *escaped = token ? url_escape(token) : NULL, *path = NULL;

        path = escaped ? xasprintf("%s%cpage=%s", list->path, strchr(list->path, '?') ? '&' : '?', escaped)
                       : xstrdup(list->path);
        list->call = oci_call_unref(list->call);
        return oci_call_start(list->client,
                              &(OciRequest){
                                      .region = list->region,
                                      .service = list->service,
                                      .method = "GET",
                                      .path = path,
                                      .expect = list->expect,
                                      .deadline_usec = list->deadline_usec,
                                      .max_reply_size = list->max_reply_size,
                              },
                              on_page, list, &list->call);
}

int oci_list_start(OciClient *c, const OciRequest *q, OciListDone done, void *userdata, OciList **ret) {
        _cleanup_(oci_list_unrefp) OciList *list = NULL;
        int r;

        if (!streq(q->method, "GET") || q->body)
                return -EINVAL;
        list = xnew(OciList, 1);
        *list = (OciList){
                .n_ref = 1,
                .client = oci_client_ref(c),
                .done = done,
                .userdata = userdata,
                .region = xstrdup(q->region),
                .path = xstrdup(q->path),
                .service = q->service,
                .expect = q->one_object ? OCI_EXPECT_OBJECT : OCI_EXPECT_ARRAY,
                .deadline_usec = q->deadline_usec,
                .max_reply_size = q->max_reply_size,
                .items = json_new_array(),
        };
        r = list_request_page(list, NULL);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(list);
        return 0;
}

OciList *oci_list_ref(OciList *list) {
        list->n_ref++;
        return list;
}

OciList *oci_list_unref(OciList *list) {
        if (!list || --list->n_ref > 0)
                return NULL;
        oci_call_unref(list->call);
        cJSON_Delete(list->items);
        strv_free(list->tokens);
        free(list->region);
        free(list->path);
        oci_client_unref(list->client);
        free(list);
        return NULL;
}

typedef struct Item {
        const char *id;
        size_t position;
        cJSON *value;
} Item;

static int compare_items(const void *a, const void *b) {
        const Item *x = a, *y = b;
        int r = strcmp(x->id, y->id);

        return r != 0 ? r : x->position < y->position ? -1 : 1;
}

/* What moves from one page to another while they are read is seen twice; the later sight is the truer
 * one. */
static void drop_doubles(cJSON *items, size_t n_items) {
        _cleanup_free_ Item *v = xnew(Item, n_items);
        size_t n = 0;

        for (cJSON *i = items->child; i; i = i->next) {
                const char *id = json_string(i, "id");

                if (!id)
                        continue;
                v[n] = (Item){ .id = id, .position = n, .value = i };
                n++;
        }
        if (n > 1)
                qsort(v, n, sizeof *v, compare_items);
        for (size_t i = 0; i + 1 < n; i++)
                if (streq(v[i].id, v[i + 1].id))
                        cJSON_Delete(cJSON_DetachItemViaPointer(items, v[i].value));
}

static void finish(OciList *list, const OciReply *last, OciListReply *reply, int error) {
        reply->n_pages = list->n_pages;
        reply->begun_usec = list->begun_usec;
        reply->ended_usec = last->ended_usec;
        reply->status = last->status;
        reply->retry_after_usec = last->retry_after_usec;
        reply->has_skew = last->has_skew;
        reply->skew_usec = last->skew_usec;
        if (error == 0) {
                drop_doubles(list->items, list->n_items);
                reply->items = TAKE_PTR(list->items);
        }
        list->done(list, reply, error, list->userdata);
        cJSON_Delete(reply->items);
        api_error_done(&reply->error);
}

static void take_items(OciList *list, OciReply *page) {
        cJSON *item;

        if (cJSON_IsObject(page->json)) {
                json_append(list->items, TAKE_PTR(page->json));
                list->n_items++;
        }
        while ((item = cJSON_DetachItemFromArray(page->json, 0))) {
                json_append(list->items, item);
                list->n_items++;
        }
}

/* What is wrong with this page or with going on after it; NULL when nothing is. */
static const char *judge_page(const OciList *list, const OciReply *page) {
        if (page->status != 200)
                return "a page of the listing came with a status other than 200";
        if (list->n_items > ITEMS_MAX)
                return "the listing has too many items";
        if (isempty(page->next_page))
                return NULL;
        if (strlen(page->next_page) > PAGE_TOKEN_MAX)
                return "the listing's page token is longer than 4096 bytes";
        if (strv_contains(list->tokens, page->next_page))
                return "the listing runs in a circle: a page token came twice";
        if (list->n_pages >= oci_client_max_pages(list->client))
                return "the listing has too many pages";
        return NULL;
}

/* 1: the next page is asked for; 0: that was the last; negative: the listing failed. */
static int list_advance(OciList *list, OciReply *page, ApiError *reterr) {
        const char *why;
        int r;

        list->n_pages++;
        take_items(list, page);
        why = judge_page(list, page);
        if (why)
                return api_error_set(reterr, page->status, page->opc_request_id, ERROR_GARBLED, -EBADMSG,
                                     "%s", why);
        if (isempty(page->next_page))
                return 0;
        strv_push(&list->tokens, page->next_page);
        r = list_request_page(list, page->next_page);
        if (r < 0)
                return api_error_set(reterr, 0, NULL, ERROR_TRANSPORT, r,
                                     "the next page cannot be asked for: %s", strerror(-r));
        return 1;
}

static void on_page(OciCall *call, OciReply *page, int error, void *userdata) {
        _cleanup_(oci_list_unrefp) OciList *list = oci_list_ref(userdata);
        OciListReply reply = {};
        int r = error;

        if (list->n_pages == 0)
                list->begun_usec = page->begun_usec;
        if (error < 0) {
                reply.error = page->error;
                page->error = (ApiError){}; /* handed over */
        } else
                r = list_advance(list, page, &reply.error);
        if (r <= 0)
                finish(list, page, &reply, r);
}
