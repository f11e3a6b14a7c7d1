/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer: over every file of its corpus, then over changed copies of
 * them. The changes follow from the seed, so what fails once fails every time:
 *
 *     fuzz_NAME [-v] [-s SEED] [-n COPIES] FOLDER
 *
 * -v says what is about to be run; after a crash the last line names the input. */
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FILES_MAX 1024 /* in a corpus */
#define LEN_MAX (1u << 20)

struct input {
    char *name;
    uint8_t *data;
    size_t len;
};

static struct input corpus[FILES_MAX];
static size_t n_corpus;
static uint64_t state;

/* xorshift64* */
static uint32_t random_below(uint32_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 32) % limit;
}

static void give_up(const char *what, const char *name)
{
    fprintf(stderr, "replay: %s: %s\n", name, what);
    exit(2);
}

static void load(const char *folder, const char *name)
{
    struct input *in = &corpus[n_corpus];
    char path[4096];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "rb");
    if (!f || n_corpus == FILES_MAX)
        give_up("cannot be opened, or there are too many files", path);
    in->name = strdup(name);
    in->data = malloc(LEN_MAX);
    if (!in->name || !in->data)
        give_up("no memory", path);
    in->len = fread(in->data, 1, LEN_MAX, f);
    fclose(f);
    n_corpus++;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static void load_all(const char *folder)
{
    DIR *dir = opendir(folder);

    if (!dir)
        give_up("no such folder", folder);
    for (const struct dirent *e; (e = readdir(dir));)
        if (e->d_name[0] != '.')
            load(folder, e->d_name);
    closedir(dir);
    if (n_corpus == 0)
        give_up("an empty corpus tests nothing; put a small valid input into it", folder);
    qsort(corpus, n_corpus, sizeof corpus[0], by_name); /* the seed's order, on any file system */
}

/* An exact copy in memory of its own, so that AddressSanitizer sees one byte too many. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        give_up("no memory", "copy");
    if (len)
        memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

/* Spoil a few bytes, the kind of values that lengths and counters break on among them. */
static void spoil(uint8_t *data, size_t *len)
{
    static const uint8_t nasty[] = { 0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF };
    uint32_t changes = 1 + random_below(4);

    while (*len && changes--) {
        size_t at = random_below((uint32_t)*len);

        switch (random_below(4)) {
        case 0: data[at] ^= (uint8_t)(1u << random_below(8)); break;
        case 1: data[at] = nasty[random_below(sizeof nasty)]; break;
        case 2: data[at] = (uint8_t)random_below(256); break;
        default:
            memset(data + at, nasty[random_below(sizeof nasty)], *len - at < 4 ? *len - at : 4);
        }
    }
    if (random_below(8) == 0)
        *len = random_below((uint32_t)*len + 1);
}

static void run_changed(uint32_t copies, uint64_t seed, bool verbose)
{
    uint8_t *data = malloc(LEN_MAX);

    if (!data)
        give_up("no memory", "copies");
    for (uint32_t i = 0; i < copies; i++) {
        const struct input *in = &corpus[i % n_corpus];
        size_t len = in->len;

        state = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) + i; /* copy i does not need i - 1 */
        random_below(1);
        memcpy(data, in->data, len);
        spoil(data, &len);
        if (verbose)
            fprintf(stderr, "copy %" PRIu32 " of %s, %zu bytes\n", i, in->name, len);
        run(data, len);
    }
    free(data);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    uint32_t copies = 2000;
    bool verbose = false;

    for (int c; (c = getopt(argc, argv, "vs:n:")) != -1;)
        switch (c) {
        case 'v': verbose = true; break;
        case 's': seed = strtoull(optarg, NULL, 0); break;
        case 'n': copies = (uint32_t)strtoul(optarg, NULL, 0); break;
        default: return 2;
        }
    if (optind != argc - 1)
        give_up("[-v] [-s SEED] [-n COPIES] FOLDER", "usage");
    load_all(argv[optind]);
    printf("replay: %zu files and %" PRIu32 " changed copies, seed %" PRIu64
           "; -v names the one that fails\n",
           n_corpus, copies, seed);
    fflush(stdout);
    for (size_t i = 0; i < n_corpus; i++) {
        if (verbose)
            fprintf(stderr, "%s, %zu bytes\n", corpus[i].name, corpus[i].len);
        run(corpus[i].data, corpus[i].len);
    }
    run_changed(copies, seed, verbose);
    for (size_t i = 0; i < n_corpus; i++) {
        free(corpus[i].name);
        free(corpus[i].data);
    }
    return 0;
}
