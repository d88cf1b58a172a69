/* The declared estate as a list with an index by address, and the symbols that stand in it for what only the cloud knows. */
#include "estate.h"

#include <errno.h>
#include <uthash.h>

typedef struct Entry {
        UT_hash_handle hh;
        Desired *desired;
} Entry;

Desired *desired_free(Desired *d) {
        if (!d)
                return NULL;
        free(d->address);
        free(d->name);
        free(d->displayName);
        free(d->pin);
        free(d->compartment);
        free(d->formerly);
        strv_free(d->ignore);
        free(d->role_value);
        cJSON_Delete(d->want);
        free(d->digest);
        free(d->marks);
        free(d);
        return NULL;
}

static void index_clear(Estate *e) {
        Entry *index = e->by_address, *entry = index, *next;

        HASH_CLEAR(hh, index);
        for (; entry; entry = next) {
                next = entry->hh.next;
                free(entry);
        }
        e->by_address = NULL;
}

Estate *estate_free(Estate *e) {
        if (!e)
                return NULL;
        index_clear(e);
        for (size_t i = 0; i < e->n_resources; i++)
                desired_free(e->resources[i]);
        free(e->resources);
        for (size_t i = 0; i < e->n_regions; i++) {
                free(e->regions[i].name);
                free(e->regions[i].region);
        }
        free(e->regions);
        strv_free(e->files);
        free(e->name);
        free(e->compartment);
        free(e->profile);
        free(e->digest);
        free(e);
        return NULL;
}

int estate_add(Estate *e, Desired *d) {
        Entry *index = e->by_address, *entry;

        if (estate_find(e, d->address))
                return -EEXIST;
        d->index = (unsigned) e->n_resources;
        array_push(e->resources, e->n_resources, d);
        if (d->parent && d->parent->last_child)
                d->parent->last_child->next_sibling = d;
        else if (d->parent)
                d->parent->first_child = d;
        if (d->parent)
                d->parent->last_child = d;
        entry = xnew(Entry, 1);
        entry->desired = d;
        HASH_ADD_KEYPTR(hh, index, d->address, strlen(d->address), entry);
        e->by_address = index;
        return 0;
}

Desired *estate_find(const Estate *e, const char *address) {
        Entry *index = e->by_address, *entry = NULL;

        if (address)
                HASH_FIND_STR(index, address, entry);
        return entry ? entry->desired : NULL;
}

char *estate_address(const Estate *e, unsigned region, const Kind *k, const char *name) {
        if (region == NO_REGION)
                return xasprintf("%s/%s", k->name, name);
        return xasprintf("%s/%s/%s", e->regions[region].name, k->name, name);
}

char *estate_mark_text(const Estate *e, SpecMark m) {
        return xasprintf("%s:%u", m.file < strv_length(e->files) ? e->files[m.file] : "?", m.line);
}

char *desired_field_source(const Estate *e, const Desired *d, const Field *f) {
        for (size_t i = 0; i < d->n_marks; i++)
                if (d->marks[i].field == f)
                        return estate_mark_text(e, d->marks[i].mark);
        return estate_mark_text(e, d->mark);
}

const char *symbol_ref(const cJSON *v) {
        return json_string(v, "$ref");
}

bool is_symbol(const cJSON *v) {
        return cJSON_IsObject(v) && v->child && v->child->string[0] == '$' &&
               !streq(v->child->string, "$at");
}

cJSON *symbol_new_ref(const char *address) {
        cJSON *v = json_new_object();

        json_set_string(v, "$ref", address);
        return v;
}

cJSON *symbol_new_lookup(const char *kind, const char *key, const char *member) {
        cJSON *v = json_new_object();

        json_set_string(v, "$lookup", kind);
        json_set_string(v, "key", key);
        json_set_string(v, "member", member);
        return v;
}
