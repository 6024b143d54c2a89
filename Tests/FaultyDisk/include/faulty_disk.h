#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H
#include <stdint.h>

/// Registers a file layer under `name`, over SQLite's own. It remembers what is synchronized and what is not, for as
/// long as the process lives. Returns 0, or SQLite's code.
int faulty_disk_register(const char *name);

/// Returns how often the file at `path` followed by `suffix` has been synchronized.
int64_t faulty_disk_syncs(const char *name, const char *path, const char *suffix);

/// Writes into the directory `target` what a power cut at this moment leaves of all files whose path begins with
/// `prefix`. Each write that is not synchronized survives with a chance of `percent` in a hundred, drawn from `seed`.
/// Returns 0, or -1 if a file cannot be written.
int faulty_disk_cut_power(const char *name, const char *prefix, const char *target, int percent, uint64_t seed);

/// Lets all files together hold at most `bytes`, and `extra` more once there is no file at `ballast`. 0 for no limit.
void faulty_disk_limit(const char *name, int64_t bytes, const char *ballast, int64_t extra);

/// Makes each synchronization take this many milliseconds.
void faulty_disk_delay(const char *name, int64_t milliseconds);

/// Holds each synchronization until it is called with 0.
void faulty_disk_hang(const char *name, int hangs);

/// Returns how many synchronizations are held now.
int faulty_disk_hung(const char *name);

/// Makes each synchronization fail with an input/output error, until it is called with 0.
void faulty_disk_fail_syncs(const char *name, int fails);
#endif
