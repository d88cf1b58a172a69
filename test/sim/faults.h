/* Faults on command. A rule names requests by region, method and a regular expression over path and
 * query; the from-th to the to-th match (1-based) suffer it.
 *
 *   before the effect   status        answered with 'status' and 'code', nothing happens
 *                       reset         the connection is closed without a reply, nothing happens
 *                       refuse        the connection is reset as soon as the request's head was read
 *                       silent        nothing happens and no reply ever comes
 *                       skew          judged, and dated, by a clock that is an hour ahead
 *   no matter           delay         handled as usual, the reply comes delayMs later
 *                       stale         a GET shows things as before the region's last mutating request
 *   after the effect    lost-reply    the effect happens, the connection is closed without a reply
 *                       truncate      the body breaks off half way
 *                       drip          the body comes in a hundred pieces, delayMs between two
 *                       oversize      blanks follow the body, more than any client should take
 *                       garbage       a page for people instead of the body
 *                       mistype       every member but the id has a value of another type
 *                       reshape       an object where a list was, a list where an object was
 *                       charset       a byte that is no UTF-8; 'field' is the content type that is announced
 *                       unknown-word  'field' (lifecycleState) says what no client knows
 *                       no-etag       without its etag
 *                       cut-list      without the header that leads to the next page
 *                       repeat-page   the next page is this one once more
 *
 * Console hands are not subject to them: a fault is aimed at the program under test. */
#pragma once

#include "forward.h"

typedef enum FaultAction {
        FAULT_NONE,
        FAULT_STATUS,
        FAULT_DELAY,
        FAULT_RESET,
        FAULT_TRUNCATE,
        FAULT_STALE,
        FAULT_LOST_REPLY,
        FAULT_SILENT,
        FAULT_REFUSE,
        FAULT_SKEW,
        FAULT_DRIP,
        FAULT_OVERSIZE,
        FAULT_GARBAGE,
        FAULT_MISTYPE,
        FAULT_RESHAPE,
        FAULT_CHARSET,
        FAULT_UNKNOWN_WORD,
        FAULT_NO_ETAG,
        FAULT_CUT_LIST,
        FAULT_REPEAT_PAGE,
        _FAULT_MAX,
} FaultAction;

struct Fault {
        FaultAction action;
        unsigned status;
        usec_t delay_usec;
        const char *code; /* these four borrowed from the rule: valid until the rules are replaced */
        const char *field;
        const cJSON *body;    /* instead of {code, message} */
        const cJSON *headers; /* to add */
};

Faults *faults_new(void);
Faults *faults_free(Faults *f);
/* Replaces all rules and zeroes the counters. On -EINVAL nothing changed, and *reterr says why (the
 * caller frees). */
int faults_set(Faults *f, const cJSON *rules, char **reterr);
/* Counts the request at every rule that matches it; the first whose turn it is decides. */
Fault faults_match(Faults *f, const char *region, const char *method, const char *target);
cJSON *faults_json(const Faults *f); /* the rules with their counts; the caller deletes */
