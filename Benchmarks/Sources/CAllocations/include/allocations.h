#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H
/// How many blocks this thread has allocated so far; 0 for ever where malloc cannot be stood in for.
unsigned long allocations_count(void);
#endif
