#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <libpq-fe.h>

#ifdef __linux__
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Opens a file in memory that only this user may read, closed on exec. Returns its descriptor, or -1 with `errno` set.
static inline int rdsiam_memory_file(void) {
    /* MFD_CLOEXEC is 1; the wrapper memfd_create is missing from older C libraries. */
    int file = (int)syscall(SYS_memfd_create, "passfile", 1u);
    if (file >= 0 && fchmod(file, 0600) != 0) {
        close(file);
        return -1;
    }
    return file;
}
#endif

#endif
