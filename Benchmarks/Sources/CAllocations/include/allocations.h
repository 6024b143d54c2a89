#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H
/// How many blocks this thread has allocated so far; always 0 if malloc cannot be replaced.
unsigned long allocations_count(void);
#endif
