/* Lists: filters, order, and pages that are never quite what one expects. */
#pragma once

#include "forward.h"

int list_handle(Call *c, const Kind *kind);
/* Replies with one page of an array of rules, statements and the like, in their order. Takes 'items'
 * over. */
int list_reply_items(Call *c, cJSON *items);

/* How many of n_left elements the next page shows; *ret_more says whether a next page is announced. */
size_t list_page_size(Sim *sim, size_t n_left, long limit, bool *ret_more);
/* Opaque page tokens. The position travels inside, bound to the query by a digest. */
char *page_token_make(uint64_t nonce, const char *query, const char *position);
int page_token_parse(const char *token, const char *query,
                     char **ret_position); /* -EINVAL: not one of ours, or of another query */
