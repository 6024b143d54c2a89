#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

/// Opens a file that no folder holds and only this user may read: in memory on Linux, elsewhere a file whose name is
/// already gone. Closed on exec. Returns its descriptor, or -1 with `errno` set.
static inline int rdsiam_nameless_file(void) {
#ifdef __linux__
    /* MFD_CLOEXEC is 1; the wrapper memfd_create is missing from older C libraries. */
    int file = (int)syscall(SYS_memfd_create, "passfile", 1u);
#else
    char name[] = "/tmp/passfile.XXXXXX";
    int file = mkostemp(name, O_CLOEXEC);
    if (file >= 0) unlink(name);
#endif
    if (file >= 0 && fchmod(file, 0600) != 0) {
        close(file);
        return -1;
    }
    return file;
}

#endif
