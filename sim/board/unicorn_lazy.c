/* SPDX-License-Identifier: Apache-2.0 */
/* Unicorn, loaded when the first emulated board is made. It is thirty megabytes with a hundred
 * thousand addresses to fill in, which would cost every command of the tool some milliseconds; one
 * of them emulates. Each function of Unicorn's that is used here has a namesake below that loads
 * the library and goes on there. A function that is missing is an error of the linker: add it. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <unicorn/unicorn.h>

static void *library;

static void load(void)
{
    library = dlopen(BULKHEAD_UNICORN, RTLD_NOW | RTLD_LOCAL);
}

/* The function of that name; NULL: there is no library, or none of this kind. */
static void *find(const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load);
    return library ? dlsym(library, name) : NULL;
}

/* Call the function of that name and type, or give what a missing one answers. Boards run on one
 * thread each; the place of a function is the same for all. */
#define FORWARD(type, name, missing, ...)                                                          \
    static type *to;                                                                               \
    type *there = __atomic_load_n(&to, __ATOMIC_RELAXED);                                          \
    if (!there) {                                                                                  \
        there = (type *)(uintptr_t)find(name);                                                     \
        __atomic_store_n(&to, there, __ATOMIC_RELAXED);                                            \
    }                                                                                              \
    return there ? there(__VA_ARGS__) : (missing)

#define UNLOADED UC_ERR_VERSION /* what each call comes to without the library */

const char *uc_strerror(uc_err code)
{
    typedef const char *function(uc_err);
    FORWARD(function, "uc_strerror",
            "the library " BULKHEAD_UNICORN " cannot be loaded (Debian: libunicorn2)", code);
}

unsigned int uc_version(unsigned int *major, unsigned int *minor)
{
    typedef unsigned int function(unsigned int *, unsigned int *);
    FORWARD(function, "uc_version", 0, major, minor);
}

uc_err uc_open(uc_arch arch, uc_mode mode, uc_engine **uc)
{
    typedef uc_err function(uc_arch, uc_mode, uc_engine **);
    FORWARD(function, "uc_open", UNLOADED, arch, mode, uc);
}

uc_err uc_close(uc_engine *uc)
{
    typedef uc_err function(uc_engine *);
    FORWARD(function, "uc_close", UNLOADED, uc);
}

uc_err uc_mem_read(uc_engine *uc, uint64_t address, void *bytes, size_t size)
{
    typedef uc_err function(uc_engine *, uint64_t, void *, size_t);
    FORWARD(function, "uc_mem_read", UNLOADED, uc, address, bytes, size);
}

uc_err uc_mem_write(uc_engine *uc, uint64_t address, const void *bytes, size_t size)
{
    typedef uc_err function(uc_engine *, uint64_t, const void *, size_t);
    FORWARD(function, "uc_mem_write", UNLOADED, uc, address, bytes, size);
}

uc_err uc_mem_map(uc_engine *uc, uint64_t address, size_t size, uint32_t perms)
{
    typedef uc_err function(uc_engine *, uint64_t, size_t, uint32_t);
    FORWARD(function, "uc_mem_map", UNLOADED, uc, address, size, perms);
}

uc_err uc_mem_map_ptr(uc_engine *uc, uint64_t address, size_t size, uint32_t perms, void *ptr)
{
    typedef uc_err function(uc_engine *, uint64_t, size_t, uint32_t, void *);
    FORWARD(function, "uc_mem_map_ptr", UNLOADED, uc, address, size, perms, ptr);
}

uc_err uc_mem_protect(uc_engine *uc, uint64_t address, size_t size, uint32_t perms)
{
    typedef uc_err function(uc_engine *, uint64_t, size_t, uint32_t);
    FORWARD(function, "uc_mem_protect", UNLOADED, uc, address, size, perms);
}

uc_err uc_mmio_map(uc_engine *uc, uint64_t address, size_t size, uc_cb_mmio_read_t read,
                   void *read_data, uc_cb_mmio_write_t write, void *write_data)
{
    typedef uc_err function(uc_engine *, uint64_t, size_t, uc_cb_mmio_read_t, void *,
                            uc_cb_mmio_write_t, void *);
    FORWARD(function, "uc_mmio_map", UNLOADED, uc, address, size, read, read_data, write,
            write_data);
}

uc_err uc_reg_read(uc_engine *uc, int regid, void *value)
{
    typedef uc_err function(uc_engine *, int, void *);
    FORWARD(function, "uc_reg_read", UNLOADED, uc, regid, value);
}

uc_err uc_reg_write(uc_engine *uc, int regid, const void *value)
{
    typedef uc_err function(uc_engine *, int, const void *);
    FORWARD(function, "uc_reg_write", UNLOADED, uc, regid, value);
}

uc_err uc_reg_read_batch(uc_engine *uc, int *regs, void **values, int count)
{
    typedef uc_err function(uc_engine *, int *, void **, int);
    FORWARD(function, "uc_reg_read_batch", UNLOADED, uc, regs, values, count);
}

uc_err uc_reg_write_batch(uc_engine *uc, int *regs, void *const *values, int count)
{
    typedef uc_err function(uc_engine *, int *, void *const *, int);
    FORWARD(function, "uc_reg_write_batch", UNLOADED, uc, regs, values, count);
}

uc_err uc_emu_start(uc_engine *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)
{
    typedef uc_err function(uc_engine *, uint64_t, uint64_t, uint64_t, size_t);
    FORWARD(function, "uc_emu_start", UNLOADED, uc, begin, until, timeout, count);
}

uc_err uc_emu_stop(uc_engine *uc)
{
    typedef uc_err function(uc_engine *);
    FORWARD(function, "uc_emu_stop", UNLOADED, uc);
}

uc_err uc_hook_del(uc_engine *uc, uc_hook hook)
{
    typedef uc_err function(uc_engine *, uc_hook);
    FORWARD(function, "uc_hook_del", UNLOADED, uc, hook);
}

uc_err uc_context_alloc(uc_engine *uc, uc_context **context)
{
    typedef uc_err function(uc_engine *, uc_context **);
    FORWARD(function, "uc_context_alloc", UNLOADED, uc, context);
}

uc_err uc_context_save(uc_engine *uc, uc_context *context)
{
    typedef uc_err function(uc_engine *, uc_context *);
    FORWARD(function, "uc_context_save", UNLOADED, uc, context);
}

uc_err uc_context_restore(uc_engine *uc, uc_context *context)
{
    typedef uc_err function(uc_engine *, uc_context *);
    FORWARD(function, "uc_context_restore", UNLOADED, uc, context);
}

uc_err uc_context_free(uc_context *context)
{
    typedef uc_err function(uc_context *);
    FORWARD(function, "uc_context_free", UNLOADED, context);
}

/* Hooks of one instruction have that as one more argument, and none is used here. */
uc_err uc_hook_add(uc_engine *uc, uc_hook *hook, int type, void *callback, void *user_data,
                   uint64_t begin, uint64_t end, ...)
{
    typedef uc_err function(uc_engine *, uc_hook *, int, void *, void *, uint64_t, uint64_t, ...);
    if (type & (UC_HOOK_INSN | UC_HOOK_TCG_OPCODE))
        return UC_ERR_HOOK;
    FORWARD(function, "uc_hook_add", UNLOADED, uc, hook, type, callback, user_data, begin, end);
}

/* How many arguments follow is in the number of the request, see UC_CTL in unicorn.h. Each is
 * passed in a register of 64 bits, whatever its type. */
uc_err uc_ctl(uc_engine *uc, uc_control_type control, ...)
{
    typedef uc_err function(uc_engine *, uc_control_type, ...);
    unsigned n = (unsigned)control >> 26 & 0xF;
    uint64_t arg[4] = { 0 };
    va_list args;

    if (n > 4)
        return UC_ERR_ARG;
    va_start(args, control);
    for (unsigned i = 0; i < n; i++)
        arg[i] = va_arg(args, uint64_t);
    va_end(args);
    FORWARD(function, "uc_ctl", UNLOADED, uc, control, arg[0], arg[1], arg[2], arg[3]);
}
