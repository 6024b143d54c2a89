#include "allocations.h"

static _Thread_local unsigned long count;

unsigned long allocations_count(void) { return count; }

#include <stdlib.h>

#ifdef __GLIBC__
/* glibc offers its allocator under these names for exactly this purpose. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t items, size_t size);
extern void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size) {
    count++;
    return __libc_calloc(items, size);
}

void *realloc(void *block, size_t size) {
    count++;
    return __libc_realloc(block, size);
}
#endif
