/* What the unwinder of Debian's gcc, which is made for glibc, asks of its C library and musl does not have: which part of the
 * program an address is in, and where that part's unwind tables are. A release needs it for the backtrace of a panic. */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdint.h>

/* `struct dl_find_object` of glibc's <dlfcn.h>. */
struct found {
    unsigned long long flags;
    void *start, *end;
    struct link_map *map;
    void *unwind_tables;
    unsigned long long reserved[7];
};

struct question {
    uintptr_t address;
    struct found *found;
};

static int look(struct dl_phdr_info *program, size_t size, void *data) {
    const struct question *question = data;
    uintptr_t tables = 0, start = 0, end = 0;
    (void)size;
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &program->dlpi_phdr[i];
        uintptr_t at = program->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME) {
            tables = at;
        } else if (part->p_type == PT_LOAD && question->address >= at && question->address - at < part->p_memsz) {
            start = at;
            end = at + part->p_memsz;
        }
    }
    if (!start || !tables) {
        return 0;
    }
    *question->found = (struct found){.start = (void *)start, .end = (void *)end, .unwind_tables = (void *)tables};
    return 1;
}

int _dl_find_object(void *address, struct found *found) {
    struct question question = {(uintptr_t)address, found};
    return dl_iterate_phdr(look, &question) ? 0 : -1;
}

/* The unwinder names these weakly, and takes all of them to be there if one is. */
void *const jit_unwinder_needs[] = {pthread_once,        pthread_key_create,  pthread_key_delete, pthread_getspecific,
                                    pthread_setspecific, pthread_mutex_lock, pthread_mutex_unlock};
