/* Add-ons of clusters: known by name, reached through their cluster. */
#pragma once

#include "kind.h"

/* What a new cluster with that pod network has from the beginning, if the option essentialAddons says so. */
void addons_install_essential(Object *cluster, const char *cni_type);

extern const Field addon_install_fields[], addon_update_fields[];
extern const char *const addons_list_query[], *const addon_remove_query[];
int addons_list(Call *c, Object *cluster, const cJSON *in);
int addon_get(Call *c, Object *cluster, const cJSON *in);
int addon_install(Call *c, Object *cluster, const cJSON *in);
int addon_update(Call *c, Object *cluster, const cJSON *in);
int addon_remove(Call *c, Object *cluster, const cJSON *in);

/* Of the kind cluster. */
#define ADDON_ACTIONS                                                                                      \
        { .method = "GET",                                                                                 \
          .name = "addons",                                                                                \
          .run = addons_list,                                                                              \
          .no_claim = true,                                                                                \
          .query = addons_list_query },                                                                    \
                { .method = "POST",                                                                        \
                  .name = "addons",                                                                        \
                  .body = addon_install_fields,                                                            \
                  .run = addon_install,                                                                    \
                  .if_match = true,                                                                        \
                  .retry_token = true },                                                                   \
                { .method = "GET", .name = "addons/*", .run = addon_get, .no_claim = true },               \
                { .method = "PUT", .name = "addons/*", .body = addon_update_fields, .run = addon_update }, \
        {                                                                                                  \
                .method = "DELETE", .name = "addons/*", .run = addon_remove, .query = addon_remove_query   \
        }
