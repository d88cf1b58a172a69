/* Whole files, read within bounds and written so that a crash leaves the old or the new one. */
#pragma once

#include <sys/stat.h>

#include "alloc.h"

/* Reads a regular file of at most 'max' bytes; *ret is terminated beyond *ret_size and the caller's. -EFBIG when it is larger,
 * -EISDIR or -EINVAL when it is no regular file. 'ret_stat' may be NULL. */
int file_read(const char *path, size_t max, char **ret, size_t *ret_size, struct stat *ret_stat);

/* Writes to a temporary name beside 'path', syncs, and renames. The directory must exist. */
int file_write_atomic(const char *path, const void *data, size_t size, mode_t mode);

int mkdir_parents(const char *path, mode_t mode); /* like mkdir -p; 0 when it is there already */
char *path_join(const char *directory, const char *name);
